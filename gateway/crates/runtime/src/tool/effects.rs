//! Sets of effects, and the scopes that stand for them in tokens.

use std::fmt;

use super::spec::Effect;

/// A set of effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effects(u8);

impl Effects {
    /// All of them.
    pub const ALL: Self = Self(0b111);

    /// The effects that a list of scopes names, separated by spaces. Other scopes mean nothing here.
    #[must_use]
    pub fn of_scopes(scopes: &str) -> Self {
        let named = |effect: &Effect| scopes.split(' ').any(|one| one == effect.scope());
        Effect::ALL.into_iter().filter(named).collect()
    }

    /// Whether the effect is one of them.
    #[must_use]
    pub const fn has(self, effect: Effect) -> bool {
        self.0 & bit(effect) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of the other set's are in this one.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and that one.
    #[must_use]
    pub fn with(self, effect: Effect) -> Self {
        Self(self.0 | bit(effect))
    }
}

const fn bit(effect: Effect) -> u8 {
    match effect {
        Effect::Read => 0b001,
        Effect::Write => 0b010,
        Effect::Delete => 0b100,
    }
}

impl From<Effect> for Effects {
    fn from(effect: Effect) -> Self {
        Self::default().with(effect)
    }
}

impl FromIterator<Effect> for Effects {
    fn from_iter<I: IntoIterator<Item = Effect>>(effects: I) -> Self {
        effects.into_iter().fold(Self::default(), Self::with)
    }
}

/// As a list of scopes.
impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for effect in Effect::ALL.into_iter().filter(|effect| self.has(*effect)) {
            write!(f, "{separator}{}", effect.scope())?;
            separator = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_effects_and_others_mean_nothing() {
        let effects = Effects::of_scopes("openid mana:write mana:read mana:readx offline_access");
        assert_eq!(effects.to_string(), "mana:read mana:write");
        assert!(effects.has(Effect::Read) && !effects.has(Effect::Delete));
        assert!(Effects::of_scopes("").is_empty());
        assert_eq!(Effects::of_scopes(&Effects::ALL.to_string()), Effects::ALL);
        assert!(Effects::ALL.covers(effects) && !effects.covers(Effects::ALL));
    }
}
