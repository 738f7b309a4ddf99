#[path = "support/echo.rs"]
mod echo;

fn main() {}
