//! Which types fit where another one is wanted, and what two types have in common.

use std::sync::Arc;

use super::{ObjectTy, Ty, TyKind};

impl Ty {
    /// Whether a value of this type can stand where `wanted` is, null left aside.
    pub(crate) fn fits(&self, wanted: &Self) -> bool {
        use TyKind::{Date, Double, Enum, Id, Int, Json, List, Map, Moment, Null, Object, Text, Timestamp, Unknown};
        match (&self.kind, &wanted.kind) {
            (Unknown | Null, _)
            | (_, Unknown)
            | (Int, Double)
            | (Enum(_) | Id, Text)
            | (Date | Timestamp, Moment)
            | (Object(_) | Map(_), Json) => true,
            (Enum(words), Enum(wanted)) => words.iter().all(|word| wanted.contains(word)),
            (List(one), List(other)) | (Map(one), Map(other)) => one.fits(other) && (!one.nullable || other.nullable),
            (Object(one), Map(other)) => one.members.iter().all(|(_, member)| member.fits(other)),
            (Object(one), Object(other)) => one.fits(other),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }

    /// What a value is that is of one type or of the other; `None` where they have nothing in common.
    pub(crate) fn unify(&self, other: &Self) -> Option<Self> {
        let kind = match (&self.kind, &other.kind) {
            (TyKind::Object(one), TyKind::Object(two)) => TyKind::Object(Arc::new(one.unify(two)?)),
            (TyKind::List(one), TyKind::List(two)) => TyKind::List(Arc::new(one.unify(two)?)),
            (TyKind::Map(one), TyKind::Map(two)) => TyKind::Map(Arc::new(one.unify(two)?)),
            (TyKind::Enum(one), TyKind::Enum(two)) => {
                let more = two.iter().filter(|word| !one.contains(word));
                TyKind::Enum(one.iter().chain(more).cloned().collect())
            }
            (TyKind::Unknown, _) | (_, TyKind::Unknown) => TyKind::Unknown,
            (TyKind::Null, kind) | (kind, TyKind::Null) => kind.clone(),
            _ if self.fits(other) => other.kind.clone(),
            _ if other.fits(self) => self.kind.clone(),
            (one, two) if one.is_of_text() && two.is_of_text() => TyKind::Text,
            (TyKind::Date, TyKind::Timestamp) | (TyKind::Timestamp, TyKind::Date) => TyKind::Moment,
            _ => return None,
        };
        let filled = self.filled && other.filled;
        Some(Self { kind, nullable: self.nullable || other.nullable, filled, flow: self.flow.and(&other.flow) })
    }
}

impl TyKind {
    fn is_of_text(&self) -> bool {
        matches!(self, Self::Text | Self::Id | Self::Enum(_))
    }
}

impl ObjectTy {
    fn fits(&self, wanted: &Self) -> bool {
        wanted.members.iter().all(|(name, wanted)| match self.member(name) {
            Some(member) => member.fits(wanted) && (!member.nullable || wanted.nullable),
            None => wanted.nullable,
        })
    }

    fn unify(&self, other: &Self) -> Option<Self> {
        let mut members = Vec::new();
        for (name, one) in &self.members {
            let ty = match other.member(name) {
                Some(two) => one.unify(two)?,
                None => one.clone().or_null(),
            };
            members.push((name.clone(), ty));
        }
        let more = other.members.iter().filter(|(name, _)| self.member(name).is_none());
        members.extend(more.map(|(name, ty)| (name.clone(), ty.clone().or_null())));
        let reads = self.reads.union(&other.reads).copied().collect();
        Some(Self { what: self.what.clone(), members, reads })
    }
}
