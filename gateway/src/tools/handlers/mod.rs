//! Hand-written handlers of the tools whose action is `custom`, one file per module of the catalog.

mod spaces;
