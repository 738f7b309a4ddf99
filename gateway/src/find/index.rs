//! Documents by their words.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    hash::Hash,
};

use bm25::{Embedder, EmbedderBuilder, Scorer, Tokenizer};
use mana_mcp_runtime::tool::WordEntry;

use super::{
    dictionary::Dictionary,
    words::{Stems, words},
};

/// The words of a query that are looked at; each costs time.
const MAX_QUERY_WORDS: usize = 24;
/// The words that they become.
const MAX_TERMS: usize = 64;

/// What is known of a tool.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) aliases: String,
    pub(super) hints: String,
    pub(super) parameters: String,
    pub(super) summary: String,
}

/// Documents by their words.
pub(super) struct Index<K> {
    stems: Stems,
    dictionary: Dictionary,
    embedder: Embedder<u32, Terms>,
    scorer: Scorer<K>,
    /// Where two documents fit equally well, the first one is first.
    places: HashMap<K, usize>,
}

/// Texts whose words are stems already.
struct Terms;

impl Tokenizer for Terms {
    fn tokenize(&self, text: &str) -> Vec<String> {
        text.split_ascii_whitespace().map(str::to_owned).collect()
    }
}

impl<K: Eq + Hash + Clone> Index<K> {
    pub(super) fn new(documents: Vec<(K, Document)>, entries: &[WordEntry]) -> Self {
        let stems = Stems::default();
        let texts: Vec<String> = documents.iter().map(|(_, document)| terms(document, &stems)).collect();
        let corpus: Vec<&str> = texts.iter().map(String::as_str).collect();
        let embedder = EmbedderBuilder::with_tokenizer_and_fit_to_corpus(Terms, &corpus).build();
        let (mut scorer, mut places) = (Scorer::new(), HashMap::new());
        for (place, ((key, _), text)) in documents.iter().zip(&texts).enumerate() {
            let mut embedding = embedder.embed(text);
            // A word has the same weight wherever it stands.
            let mut seen = HashSet::new();
            embedding.retain(|term| seen.insert(term.index));
            scorer.upsert(key, embedding);
            places.insert(key.clone(), place);
        }
        Self { dictionary: Dictionary::new(entries, &stems), stems, embedder, scorer, places }
    }

    /// The documents that have words of the query, best first.
    pub(super) fn find(&self, query: &str) -> Vec<K> {
        let mut terms: Vec<String> = Vec::new();
        for word in words(query).take(MAX_QUERY_WORDS) {
            terms.extend(self.dictionary.look_up(&word, &self.stems));
            terms.extend([self.stems.english(&word), self.stems.german(&word)]);
        }
        let mut seen = HashSet::new();
        terms.retain(|term| seen.insert(term.clone()));
        terms.truncate(MAX_TERMS);
        let mut found = self.scorer.matches(&self.embedder.embed(&terms.join(" ")));
        let place = |key: &K| self.places.get(key).copied().unwrap_or(usize::MAX);
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| place(&a.id).cmp(&place(&b.id))));
        found.into_iter().map(|found| found.id).collect()
    }
}

impl<K> fmt::Debug for Index<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Index")
    }
}

/// The terms of a document. What names the tool counts more than what describes it. Hints may be German.
fn terms(document: &Document, stems: &Stems) -> String {
    let Document { name, title, description, aliases, hints, parameters, summary } = document;
    let english = [(name, 3), (title, 3), (aliases, 2), (hints, 2), (description, 1), (parameters, 1), (summary, 1)];
    let english = english.into_iter().flat_map(|(text, times)| {
        words(text).flat_map(move |word| std::iter::repeat_n(word, times)).map(|word| stems.english(&word))
    });
    let german = words(hints).flat_map(|word| std::iter::repeat_n(stems.german(&word), 2));
    english.chain(german).collect::<Vec<_>>().join(" ")
}
