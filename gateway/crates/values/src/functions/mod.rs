//! The functions and operators of expressions. Each takes values and gives one; what is of another type than the compiler
//! lets through counts as null.
