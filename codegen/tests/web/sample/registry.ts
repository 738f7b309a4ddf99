/**
 * Which fields of which tables are encrypted before they leave the device.
 *
 * Every entry names the fields of ONE table. The rules, in short:
 *   1. user-typed text is encrypted: `title`, `content`, `notes` …
 *   2. ids, timestamps, booleans and everything an index needs stays plain;
 *   3. a table that is plain on purpose goes into `./plaintext-allowlist`.
 *
 * An entry looks like this { and this brace is never closed:
 *
 *     example: entry<LocalExample>(['title', 'body']),
 *     other: { enabled: true, fields: ["it's", `code`] },
 *
 * Don't copy it blindly — "quotes", 'apostrophes' and ${templates} in a comment mean nothing.
 */

import type { LocalContact } from '../../modules/contacts/types';
import type { LocalNote } from '../../modules/notes/types';
import { PLAINTEXT_ALLOWLIST } from './plaintext-allowlist';

export interface EncryptionConfig {
	/** Whether the table is encrypted; `false` while it is being migrated. */
	readonly enabled: boolean;
	readonly fields: readonly string[];
}

type Fields<T> = readonly (keyof T & string)[];

/** One entry, typed against the row: `entry<LocalNote>(['title'])`. */
function entry<T = Record<string, unknown>>(
	fields: Fields<T>,
	options: { enabled?: boolean } = {}
): EncryptionConfig {
	return { enabled: options.enabled ?? true, fields: [...fields] };
}

const VERSION = 1; // { 'not': "an entry" }

export const ENCRYPTION_REGISTRY: Record<string, EncryptionConfig> = {
	// ─── messages { ─────────────────────────────
	// was: messages: entry<LocalMessages>(['old', 'fields']), until the `split`
	messages: entry(['messageText']),
	conversations: entry<LocalConversations>(['title']),
	chatTemplates: entry<LocalChatTemplates>(['name', 'description', 'systemPrompt', 'initialQuestion']),
	'whoGames': entry(['revealedName', 'notes']),
	whoMessages: {
		enabled: true,
		fields: [
			'content', // `content` isn't an id
		],
	},
	/* notes: { enabled: false, fields: [] }, */
	notes: entry<LocalNotes>(['title', 'content']),
	journalEntries: entry(['title', 'content']),
	dreams: entry<LocalDreams>(['title', 'content', 'transcript', 'interpretation', 'aiInterpretation', 'location']),
	dreamSymbols: { fields: ["meaning"], enabled: true },
	// ─── memos { ─────────────────────────────
	// was: memos: entry<LocalMemos>(['old', 'fields']), until the `split`
	memos: entry(['title', 'intro', 'transcript']),
	"memories": entry<LocalMemories>(['title', 'content']),
	// lastsCooldown: switched off — see the "plan" (step 3)
	lastsCooldown: entry(['cooldown'], { enabled: false }),
	// meditateSettings: switched off — see the "plan" (step 3)
	meditateSettings: entry(['cooldown'], { enabled: false }),
	contacts: entry<LocalContacts>([
		'firstName',
		'lastName',
		'email',
		'phone',
		'mobile',
		'birthday',
		'street',
		'city',
		'postalCode',
		'country',
		'notes',
		'website',
		'linkedin',
		'twitter',
		'instagram',
		'github',
	]),
	tasks: entry(['title', 'description', 'subtasks', 'metadata']),
	events: entry<LocalEvents>(['title', 'description', 'location']),
	periods: entry<LocalPeriods>(['notes']),
	periodDayLogs: {
		enabled: true,
		fields: [
			'notes', // `notes` isn't an id
			'mood', // `mood` isn't an id
		],
	},
	meals: entry<LocalMeals>(['description', 'portionSize', 'foods']),
	'plants': entry<LocalPlants>(['name', 'careNotes', 'temperature', 'soilType']),
	// ─── cards { ─────────────────────────────
	// was: cards: entry<LocalCards>(['old', 'fields']), until the `split`
	cards: entry(['front', 'back']),
	cardDecks: { fields: ["name", "description"], enabled: true },
	presiDecks: entry<LocalPresiDecks>(['title', 'description']),
	slides: entry(['content']),
	/* documents: { enabled: false, fields: [] }, */
	documents: entry<LocalDocuments>(['title', 'content']),
	files: entry<LocalFiles>(['name', 'originalName']),
	"images": entry(['prompt', 'negativePrompt']),
	boards: entry<LocalBoards>(['name', 'description']),
	boardItems: {
		enabled: true,
		fields: [
			'textContent', // `textContent` isn't an id
		],
	},
	// ─── songs { ─────────────────────────────
	// was: songs: entry<LocalSongs>(['old', 'fields']), until the `split`
	songs: entry(['title']),
	mukkePlaylists: entry<LocalMukkePlaylists>(['name', 'description']),
	questions: entry<LocalQuestions>(['title', 'description']),
	answers: { fields: ["content"], enabled: true },
	// sleepHygieneLogs: switched off — see the "plan" (step 3)
	sleepHygieneLogs: entry(['cooldown'], { enabled: false }),
	// sleepSettings: switched off — see the "plan" (step 3)
	sleepSettings: entry(['cooldown'], { enabled: false }),
	'socialEvents': entry<LocalSocialEvents>(['title', 'description', 'location']),
	eventGuests: entry<LocalEventGuests>(['name', 'email', 'phone', 'note']),
	transactions: entry(['description', 'note']),
	links: entry<LocalLinks>(['title', 'description']),
	invItems: entry<LocalInvItems>(['description']),
	// ─── places { ─────────────────────────────
	// was: places: entry<LocalPlaces>(['old', 'fields']), until the `split`
	places: entry(['name', 'description', 'address']),
	locationLogs: {
		enabled: true,
		fields: [
			'latitude', // `latitude` isn't an id
			'longitude', // `longitude` isn't an id
			'accuracy', // `accuracy` isn't an id
			'altitude', // `altitude` isn't an id
			'speed', // `speed` isn't an id
			'heading', // `heading` isn't an id
		],
	},
	"playgroundSnippets": entry<LocalPlaygroundSnippets>(['name', 'systemPrompt']),
	/* playgroundConversations: { enabled: false, fields: [] }, */
	playgroundConversations: entry(['title', 'systemPrompt']),
	playgroundMessages: entry<LocalPlaygroundMessages>(['content']),
	newsArticles: { fields: ["title", "excerpt", "content", "htmlContent", "author"], enabled: true },
	newsCategories: entry(['name']),
	newsPreferences: entry<LocalNewsPreferences>(['selectedTopics', 'blockedSources', 'topicWeights', 'sourceWeights', 'customFeeds']),
	newsReactions: entry<LocalNewsReactions>(['reaction', 'sourceSlug', 'topic']),
	// ─── bodyExercises { ─────────────────────────────
	// was: bodyExercises: entry<LocalBodyExercises>(['old', 'fields']), until the `split`
	'bodyExercises': entry(['name', 'notes']),
	bodyRoutines: entry<LocalBodyRoutines>(['name', 'description']),
	bodyWorkouts: entry<LocalBodyWorkouts>(['title', 'notes']),
	bodySets: {
		enabled: true,
		fields: [
			'weight', // `weight` isn't an id
			'reps', // `reps` isn't an id
			'notes', // `notes` isn't an id
		],
	},
	bodyMeasurements: entry<LocalBodyMeasurements>(['value', 'notes']),
	bodyChecks: entry<LocalBodyChecks>(['energy', 'sleep', 'soreness', 'mood', 'notes']),
	// moodSettings: switched off — see the "plan" (step 3)
	moodSettings: entry(['cooldown'], { enabled: false }),
	// websites: switched off — see the "plan" (step 3)
	websites: entry(['cooldown'], { enabled: false }),
	bodyPhases: entry(['startWeight', 'targetWeight', 'notes']),
	"timeBlocks": { fields: ["title", "description"], enabled: true },
	firsts: entry<LocalFirsts>(['title', 'motivation', 'note', 'expectation', 'reality', 'sharedWith']),
	// ─── lasts { ─────────────────────────────
	// was: lasts: entry<LocalLasts>(['old', 'fields']), until the `split`
	lasts: entry<LocalLasts>([
		'title',
		'meaning',
		'note',
		'whatIKnewThen',
		'whatIKnowNow',
		'reclaimedNote',
		'sharedWith',
	]),
	guides: entry<LocalGuides>(['title', 'description']),
	/* sections: { enabled: false, fields: [] }, */
	sections: entry<LocalSections>(['title', 'content']),
	steps: entry(['title', 'content']),
	drinkEntries: entry<LocalDrinkEntries>(['name', 'note']),
	'drinkPresets': {
		enabled: true,
		fields: [
			'name', // `name` isn't an id
		],
	},
	recipes: entry(['title', 'description', 'ingredients', 'steps']),
	stretchExercises: entry<LocalStretchExercises>(['name', 'description']),
	stretchRoutines: entry<LocalStretchRoutines>(['name', 'description', 'exercises']),
	// ─── stretchSessions { ─────────────────────────────
	// was: stretchSessions: entry<LocalStretchSessions>(['old', 'fields']), until the `split`
	stretchSessions: { fields: ["routineName", "notes"], enabled: true },
	stretchAssessments: entry<LocalStretchAssessments>(['tests', 'painRegions', 'notes']),
	stretchReminders: entry<LocalStretchReminders>(['name']),
	"mailDrafts": entry(['to', 'cc', 'subject', 'body', 'htmlBody']),
	meditatePresets: entry<LocalMeditatePresets>(['name', 'description', 'bodyScanSteps']),
	meditateSessions: entry<LocalMeditateSessions>(['notes']),
	sleepEntries: entry(['notes']),
	sleepHygieneChecks: {
		enabled: true,
		fields: [
			'name', // `name` isn't an id
			'description', // `description` isn't an id
		],
	},
	// websitePages: switched off — see the "plan" (step 3)
	websitePages: entry(['cooldown'], { enabled: false }),
	// websiteBlocks: switched off — see the "plan" (step 3)
	websiteBlocks: entry(['cooldown'], { enabled: false }),
	moodEntries: entry<LocalMoodEntries>(['withWhom', 'notes']),
	// ─── kontextDoc { ─────────────────────────────
	// was: kontextDoc: entry<LocalKontextDoc>(['old', 'fields']), until the `split`
	kontextDoc: entry(['content']),
	/* userContext: { enabled: false, fields: [] }, */
	'userContext': entry<LocalUserContext>([
		'about',
		'interests',
		'routine',
		'nutrition',
		'leisure',
		'goals',
		'social',
		'freeform',
	]),
	meImages: { fields: ["label", "tags"], enabled: true },
	wardrobeGarments: entry<LocalWardrobeGarments>([
		'name',
		'brand',
		'color',
		'size',
		'material',
		'tags',
		'notes',
	]),
	wardrobeOutfits: entry<LocalWardrobeOutfits>(['name', 'description', 'tags']),
	comicStories: entry<LocalComicStories>(['title', 'description', 'storyContext', 'tags', 'panelMeta']),
	comicCharacters: entry(['name', 'description', 'addPrompt', 'tags']),
	augurEntries: entry<LocalAugurEntries>([
		'source',
		'claim',
		'feltMeaning',
		'expectedOutcome',
		'outcomeNote',
		'tags',
		'livingOracleSnapshot',
	]),
	"agentKontextDocs": entry<LocalAgentKontextDocs>(['content']),
	// ─── quizzes { ─────────────────────────────
	// was: quizzes: entry<LocalQuizzes>(['old', 'fields']), until the `split`
	quizzes: {
		enabled: true,
		fields: [
			'title', // `title` isn't an id
			'description', // `description` isn't an id
			'category', // `category` isn't an id
			'tags', // `tags` isn't an id
		],
	},
	quizQuestions: entry<LocalQuizQuestions>(['questionText', 'explanation', 'options']),
	agents: entry<LocalAgents>(['systemPrompt', 'memory']),
	aiMissions: entry(['title', 'conceptMarkdown', 'objective']),
	userTagPresets: { fields: ["name", "tags"], enabled: true },
	globalTags: entry<LocalGlobalTags>(['name']),
	'tagGroups': entry(['name']),
	workbenchScenes: entry<LocalWorkbenchScenes>(['name', 'description']),
	articles: entry<LocalArticles>(['title', 'excerpt', 'content', 'htmlContent', 'author', 'userNote']),
	// ─── articleHighlights { ─────────────────────────────
	// was: articleHighlights: entry<LocalArticleHighlights>(['old', 'fields']), until the `split`
	/* articleHighlights: { enabled: false, fields: [] }, */
	articleHighlights: entry(['text', 'note', 'contextBefore', 'contextAfter']),
	libraryEntries: entry<LocalLibraryEntries>(['title', 'originalTitle', 'creators', 'review', 'tags']),
	writingDrafts: {
		enabled: true,
		fields: [
			'title', // `title` isn't an id
			'briefing', // `briefing` isn't an id
			'styleOverrides', // `styleOverrides` isn't an id
			'references', // `references` isn't an id
		],
	},
	writingDraftVersions: entry(['content', 'summary']),
	"writingGenerations": entry<LocalWritingGenerations>(['prompt', 'output']),
	writingStyles: entry<LocalWritingStyles>(['name', 'description', 'samples', 'extractedPrinciples']),
	invoices: { fields: ["clientSnapshot", "subject", "notes", "terms", "lines"], enabled: true },
	invoiceClients: entry<LocalInvoiceClients>(['name', 'address', 'email', 'vatNumber', 'iban', 'notes']),
	broadcastCampaigns: entry<LocalBroadcastCampaigns>([
		'name',
		'subject',
		'preheader',
		'fromName',
		'fromEmail',
		'replyTo',
		'content',
		'audience',
	]),
	// ─── broadcastTemplates { ─────────────────────────────
	// was: broadcastTemplates: entry<LocalBroadcastTemplates>(['old', 'fields']), until the `split`
	broadcastTemplates: entry(['name', 'description', 'subject', 'content']),
	broadcastSettings: entry<LocalBroadcastSettings>(['defaultFromName', 'defaultFromEmail', 'defaultReplyTo', 'defaultFooter', 'legalAddress', 'unsubscribeLandingCopy']),
	'invoiceSettings': entry<LocalInvoiceSettings>([
		'senderName',
		'senderAddress',
		'senderStreet',
		'senderZip',
		'senderCity',
		'senderCountry',
		'senderEmail',
		'senderVatNumber',
		'senderIban',
		'senderBic',
		'footer',
		'defaultTerms',
	]),
};

/** The fields of a table, or null. `ENCRYPTION_REGISTRY[table].fields` would throw for {unknown} tables. */
export function getEncryptedFields(table: string): readonly string[] | null {
	const config = ENCRYPTION_REGISTRY[table];
	if (!config?.enabled || config.fields.length === 0) return null;
	return config.fields;
}

export function isEncrypted(table: string, field: string): boolean {
	return getEncryptedFields(table)?.includes(field) ?? false;
}

export function getRegisteredTables(): string[] {
	return Object.keys(ENCRYPTION_REGISTRY).filter((name) => !PLAINTEXT_ALLOWLIST.includes(name));
}

export function describe(table: keyof typeof ENCRYPTION_REGISTRY): string {
	return `${String(table)} {${ENCRYPTION_REGISTRY[table].fields.join(', ')}} v${VERSION}`;
}
