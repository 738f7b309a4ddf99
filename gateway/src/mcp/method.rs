//! The protocol's methods by their names.

/// A method by its name. Which of them a revision has, [`super::methods::answer`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    /// `initialize`
    Initialize,
    /// `ping`
    Ping,
    /// `logging/setLevel`
    SetLevel,
    /// `server/discover`
    Discover,
    /// `tools/list`, `resources/list`, `resources/templates/list` or `prompts/list`
    List(List),
    /// `tools/call`
    CallTool,
    /// `prompts/get`
    GetPrompt,
    /// Any other: a notification, or a method that this server does not have.
    Other(String),
}

impl Method {
    /// The method of that name.
    pub(super) fn of(name: String) -> Self {
        match name.as_str() {
            "initialize" => Self::Initialize,
            "ping" => Self::Ping,
            "logging/setLevel" => Self::SetLevel,
            "server/discover" => Self::Discover,
            "tools/list" => Self::List(List::Tools),
            "tools/call" => Self::CallTool,
            "resources/list" => Self::List(List::Resources),
            "resources/templates/list" => Self::List(List::ResourceTemplates),
            "prompts/list" => Self::List(List::Prompts),
            "prompts/get" => Self::GetPrompt,
            _ => Self::Other(name),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Initialize => "initialize",
            Self::Ping => "ping",
            Self::SetLevel => "logging/setLevel",
            Self::Discover => "server/discover",
            Self::List(List::Tools) => "tools/list",
            Self::CallTool => "tools/call",
            Self::GetPrompt => "prompts/get",
            Self::List(List::Resources) => "resources/list",
            Self::List(List::ResourceTemplates) => "resources/templates/list",
            Self::List(List::Prompts) => "prompts/list",
            Self::Other(name) => name,
        }
    }
}

/// A list that clients can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Tools,
    Resources,
    ResourceTemplates,
    Prompts,
}

impl List {
    /// The member of the result that holds the entries.
    pub(super) fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::ResourceTemplates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }
}
