//! Hand-written handlers of the tools whose action is `custom`, one file a module of the catalog.

mod habits;
mod notes;
mod spaces;
mod todo;
