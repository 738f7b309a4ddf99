//! Settings: read from the environment into types, all problems told together. What a setting means is its service's own;
//! those that every service has are in [`ServiceSettings`].

mod environment;
mod http_url;
mod problems;
mod reader;
mod settings;

pub use environment::{Environment, NotUnicode, ProcessEnvironment};
pub use http_url::{HttpUrl, NotHttpUrl};
pub use problems::{ConfigError, Problem};
pub use reader::{OwnSettings, Reader};
pub use settings::{ServiceSettings, listen, logs, positive, seconds};
