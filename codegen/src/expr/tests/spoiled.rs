//! Expressions with a mistake made on purpose: what must be refused is refused, with the carets under the mistake and nowhere
//! else; what may be refused has a problem, or a value of its type.

use proptest::prelude::*;

use super::made::{Dice, Pool, World, called, marked, unquoted};
use super::told;
use crate::diagnostics::Diagnostic;
use crate::expr::functions::{self, Function, Takes};
use crate::expr::{Ty, TyKind};

/// Names that nothing has.
const NOWHERE: &str = "nowhere";

/// A mistake.
enum Spoilt {
    /// A name that is not there. Each problem is at one of these names.
    Name(String),
    /// Something else that no type makes right.
    Refused(String),
    /// Perhaps right all the same.
    Open(String),
}

/// An expression of the pool that names an input, if chance finds one.
fn of_input<'p>(pool: &'p Pool, dice: &mut Dice) -> Option<&'p str> {
    let naming: Vec<&str> =
        pool.all.iter().map(|(source, _)| source.as_str()).filter(|one| one.contains("input.")).collect();
    if naming.is_empty() { None } else { Some(*dice.pick(&naming)) }
}

/// A call, one of whose arguments is something that it does not take.
fn with_argument(
    pool: &Pool,
    dice: &mut Dice,
    make: impl Fn(&Pool, Takes, &mut Dice) -> Option<String>,
) -> Option<String> {
    let all: Vec<&Function> = functions::all().collect();
    let function = *dice.pick(&all);
    let mut arguments = pool.arguments(function, dice);
    let place = dice.below(arguments.len());
    arguments[place] = make(pool, function.takes[place], dice)?;
    Some(called(function, &arguments))
}

fn picked(pool: &Pool, dice: &mut Dice, is_wanted: impl Fn(&str, &Ty) -> bool) -> Option<String> {
    let wanted: Vec<&str> =
        pool.all.iter().filter(|(source, ty)| is_wanted(source, ty)).map(|(source, _)| source.as_str()).collect();
    if wanted.is_empty() { None } else { Some(format!("({})", dice.pick(&wanted))) }
}

fn spoil(pool: &Pool, dice: &mut Dice) -> Option<Spoilt> {
    let is_known = |ty: &Ty| !matches!(ty.kind, TyKind::Unknown | TyKind::Null);
    Some(match dice.below(9) {
        0 => Spoilt::Name(of_input(pool, dice)?.replace("input.", &format!("input.{NOWHERE}_"))),
        1 => Spoilt::Name(of_input(pool, dice)?.replace("input.", &format!("{NOWHERE}."))),
        2 => Spoilt::Name(format!("{}.{NOWHERE}()", picked(pool, dice, |_, ty| is_known(ty) && !ty.nullable)?)),
        // An argument too many.
        3 => {
            let all: Vec<&Function> = functions::all().collect();
            let function = *dice.pick(&all);
            let mut arguments: Vec<String> =
                function.takes.iter().map(|takes| pool.for_argument(*takes, dice)).collect();
            arguments.push(pool.any(dice));
            Spoilt::Refused(called(function, &arguments))
        }
        // Null, and what may be null, where it is not taken.
        4 => Spoilt::Refused(with_argument(pool, dice, |_, takes, _| {
            (!takes.takes_null()).then(|| "(null)".to_owned())
        })?),
        5 => Spoilt::Refused(with_argument(pool, dice, |pool, takes, dice| {
            let may_be_null = |_: &str, ty: &Ty| ty.nullable && is_known(ty);
            (!takes.takes_null()).then(|| picked(pool, dice, may_be_null)).flatten()
        })?),
        // Another type. A text that is written out may be a date.
        6 => Spoilt::Refused(with_argument(pool, dice, |pool, takes, dice| {
            picked(pool, dice, |source, ty| is_known(ty) && !takes.takes(ty) && !source.starts_with('"'))
        })?),
        // Anything in the place of an argument.
        7 => Spoilt::Open(with_argument(pool, dice, |pool, _, dice| Some(pool.any(dice)))?),
        // A character less.
        _ => {
            let mut characters: Vec<char> = pool.any(dice).chars().collect();
            characters.remove(dice.below(characters.len()));
            Spoilt::Open(characters.into_iter().collect())
        }
    })
}

/// How many of the mistakes had to be refused.
fn spoils(seed: u64) -> Result<usize, String> {
    crate::on_a_large_stack(|| {
        let mut dice = Dice::new(seed);
        let env = World::env();
        let world = World::new(&mut dice);
        let input = world.input(&mut dice, &env);
        let mut pool = world.pool();
        let mut refused = 0;
        for _ in 0..60 {
            let source = pool.grown(&mut dice);
            if source.len() < 200
                && !source.contains("${")
                && let Ok(typed) = world.names.check(&source, None)
            {
                pool.all.push((source, typed.ty));
            }
            let Some(spoilt) = spoil(&pool, &mut dice) else { continue };
            let (Spoilt::Name(source) | Spoilt::Refused(source) | Spoilt::Open(source)) = &spoilt;
            let source = &unquoted(source.clone());
            let read = world.names.check(source, None);
            let own = read.as_ref().map_or_else(|_| Ty::unknown(), |typed| typed.ty.clone());
            world.holds(source, &read, &own, &input, &env)?;
            match (&spoilt, &read) {
                (Spoilt::Open(_), _) => continue,
                (_, Ok(typed)) => return Err(format!("{source} is wrong, and passes for {}", typed.ty)),
                (Spoilt::Name(_), Err(problems)) => only_at_names(source, problems)?,
                (Spoilt::Refused(_), Err(_)) => {}
            }
            refused += 1;
        }
        Ok(refused)
    })
}

fn only_at_names(source: &str, problems: &[Diagnostic]) -> Result<(), String> {
    let elsewhere = problems.iter().find(|one| !marked(source, one).is_some_and(|at| at.starts_with(NOWHERE)));
    elsewhere.map_or(Ok(()), |one| Err(format!("{source}: {} at {:?}", told(one), marked(source, one))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn a_mistake_has_a_problem_at_its_place(seed in any::<u64>()) {
        spoils(seed).map_err(TestCaseError::fail)?;
    }
}

/// What is tried is not all open.
#[test]
fn most_mistakes_must_be_refused() {
    let refused: usize = (1..20).map(|seed| spoils(seed * 7_919).unwrap()).sum();
    assert!(refused > 19 * 30, "{refused}");
}
