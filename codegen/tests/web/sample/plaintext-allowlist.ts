/**
 * Tables that are plain on purpose. A table that stands neither here nor in `registry.ts` fails the audit:
 *
 *     const unknown = tables.filter((t) => !(t in ENCRYPTION_REGISTRY) && !PLAINTEXT_ALLOWLIST.includes(t));
 */
export const PLAINTEXT_ALLOWLIST: readonly string[] = [
	"achievements",
	'activities', // join table, ids only
	'albumItems', // counters & settings, no "text"
	'albums',  // user's choice ['a', 'b']
	'articleTags',
	"articleImportJobs", // join table, ids only

	// ── next } ──
	'articleImportItems', // counters & settings, no "text"
	'articleExtractPickup',  // user's choice ['a', 'b']
	'automations',
	'boardViews', // join table, ids only
	"budgets", // counters & settings, no "text"
	'calculations',  // user's choice ['a', 'b']
	'calendars',
	'ccFavorites', // join table, ids only
	'ccLocationTags', // counters & settings, no "text"
	"ccLocations",  // user's choice ['a', 'b']
	'cities',
	'companionConversations', // join table, ids only
	'companionGoals', // counters & settings, no "text"

	// ── next } ──
	'companionMessages',  // user's choice ['a', 'b']
	"contactTags",
	'contextSpaces', // join table, ids only
	'conversationTags', // counters & settings, no "text"
	'customQuotes',  // user's choice ['a', 'b']
	'dashboardConfigs',
	"deckTags", // join table, ids only
	'documentTags', // counters & settings, no "text"
	'dreamTags',  // user's choice ['a', 'b']
	'entryTags',
	'eventInvitations', // join table, ids only
	"eventItems", // counters & settings, no "text"
	'eventTags',  // user's choice ['a', 'b']

	// ── next } ──
	'fileTags',
	'financeCategories', // join table, ids only
	'foodFavorites', // counters & settings, no "text"
	"goals",  // user's choice ['a', 'b']
	'guideCollections',
	'guideTags', // join table, ids only
	'habitLogs', // counters & settings, no "text"
	'habits',  // user's choice ['a', 'b']
	"imageTags",
	'invCategories', // join table, ids only
	'invCollections', // counters & settings, no "text"
	'invItemTags',  // user's choice ['a', 'b']
	'invLocations',

	// ── next } ──
	"linkTags", // join table, ids only
	'manaLinks', // counters & settings, no "text"
	'markers',  // user's choice ['a', 'b']
	'mealTags',
	'memoSpaces', // join table, ids only
	"memoTags", // counters & settings, no "text"
	'memoroSpaces',  // user's choice ['a', 'b']
	'moodTags',
	'moods', // join table, ids only
	'mukkeProjects', // counters & settings, no "text"
	"newsCachedFeed",  // user's choice ['a', 'b']
	'noteTags',
	'periodSymptoms', // join table, ids only

	// ── next } ──
	'photoFavorites', // counters & settings, no "text"
	'photoMediaTags',  // user's choice ['a', 'b']
	"placeTags",
	'plantPhotos', // join table, ids only
	'plantTags', // counters & settings, no "text"
	'playlistSongs',  // user's choice ['a', 'b']
	'presiDeckTags',
	"qCollections", // join table, ids only
	'questionTags', // counters & settings, no "text"
	'quizAttempts',  // user's choice ['a', 'b']
	'quotesFavorites',
	'quotesListTags', // join table, ids only
	"quotesLists", // counters & settings, no "text"

	// ── next } ──
	'reminders',  // user's choice ['a', 'b']
	'ritualLogs',
	'ritualSteps', // join table, ids only
	'rituals', // counters & settings, no "text"
	"runs",  // user's choice ['a', 'b']
	'savedFormulas',
	'sequences', // join table, ids only
	'skillTags', // counters & settings, no "text"
	'skills',  // user's choice ['a', 'b']
	"songTags",
	'spaceMembers', // join table, ids only
	'storageFolders', // counters & settings, no "text"
	'taskLabels',  // user's choice ['a', 'b']

	// ── next } ──
	'timeAlarms',
	"timeBlockTags", // join table, ids only
	'timeClients', // counters & settings, no "text"
	'timeCountdownTimers',  // user's choice ['a', 'b']
	'timeEntries',
	'timeProjects', // join table, ids only
	"timeSettings", // counters & settings, no "text"
	'timeTemplates',  // user's choice ['a', 'b']
	'timeWorldClocks',
	'todoProjects', // join table, ids only
	'uloadFolders', // counters & settings, no "text"
	"uloadTags",  // user's choice ['a', 'b']
	'userSettings',

	// ── next } ──
	'wateringLogs', // join table, ids only
	'wateringSchedules', // counters & settings, no "text"
	'wetterLocations',  // user's choice ['a', 'b']
	"wetterSettings",
	'wishesItems', // join table, ids only
	'wishesLists', // counters & settings, no "text"
	'wishesPriceChecks',  // user's choice ['a', 'b']
] as const;
