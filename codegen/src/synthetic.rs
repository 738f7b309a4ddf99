//! Catalogs of any size, for benchmarks: modules over one table each, whose tools insert, list and update rows, and decide over
//! several of them in steps.

use crate::source::Sources;
use crate::written::REGISTRY;

/// Tools of a module, as large modules have them.
const TOOLS: usize = 20;

/// What examples call the row that they change.
const EXAMPLE_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A catalog of at least this many tools: modules, and the registry that goes with them.
pub fn catalog(tools: usize) -> Sources {
    let registry = format!("encrypted:\n{}disabled: []\nplaintext: []\n", encrypted_of(tools.div_ceil(TOOLS)));
    modules(tools).into_iter().chain([(format!("catalog/{REGISTRY}"), registry)]).collect()
}

/// The `encrypted` entries of a registry for this number of modules.
pub fn encrypted_of(modules: usize) -> String {
    (0..modules).map(|module| format!("  things{module}: [title, body]\n")).collect()
}

/// The entries of the mirror of the web's tables (`web.yaml`) for this number of modules: their app, in its `apps`.
pub fn mirrored(modules: usize) -> String {
    let fields = "{ title: string, body?: string, kind: small | large, order?: number }";
    let table = |module| format!("    things{module}: {{ wire: things{module}, fields: {fields} }}\n");
    let tables: String = (0..modules).map(table).collect();
    format!("  synthetic:\n{tables}")
}

/// Modules with at least this number of tools in all: path and text.
pub fn modules(tools: usize) -> Vec<(String, String)> {
    (0..tools.div_ceil(TOOLS)).map(|number| module(number, TOOLS)).collect()
}

/// One module with this number of tools: path and text.
pub fn module(module: usize, tools: usize) -> (String, String) {
    let tools: String = (0..tools).map(|tool| self::tool(module, tool)).collect();
    let text = format!(
        "module: m{module}\napp: synthetic\nspaces: [personal]\nsummary: Things of module {module}.\ntypes:\n  Kind: {{ type: string, enum: \
         [small, large], description: How large. }}\ntables:\n  things{module}:\n    noun: thing\n    \
         encryptedFields: [title, body]\n    place: {{ field: order }}\n    record:\n      description: A thing.\n      required: [id, title, \
         kind]\n      properties:\n        id: {{ type: string, format: id, description: Its id. }}\n        title: {{ \
         type: string, description: Its title. }}\n        body: {{ type: string, description: Its text. }}\n        \
         kind: {{ $ref: '#/types/Kind' }}\n        order: {{ type: number, default: 0, description: Its place. }}\n        \
         updatedAt: {{ type: string, format: date-time, description: When it was changed. }}\ntools:\n{tools}"
    );
    (format!("catalog/m{module}.yaml"), text)
}

fn tool(module: usize, tool: usize) -> String {
    let table = format!("things{module}");
    let head = format!(
        "    scope: user-space\n    description: Does thing {tool} of module {module}, and says what came of it.\n"
    );
    match tool % 4 {
        0 => format!(
            "  add{tool}:\n    title: Add a thing\n    policyHint: write\n{head}    input:\n      required: [title]\n      \
             properties:\n        title: {{ type: string, minLength: 1, maxLength: 200, description: Its title. }}\n        \
             kind: {{ $ref: '#/types/Kind', default: small }}\n    output: {{ required: [thing], properties: {{ thing: {{ \
             $ref: '#/tables/{table}' }} }} }}\n    action:\n      insert: {{ table: {table}, values: {{ title: '${{input.title}}', \
             kind: '${{input.kind}}' }} }}\n      returns: {{ thing: '${{row}}' }}\n    examples: [{{ name: one, input: {{ \
             title: A }}, output: {{ thing: {{ title: A }} }} }}]\n"
        ),
        1 => format!(
            "  list{tool}:\n    title: List things\n    policyHint: read\n{head}    input:\n      properties:\n        limit: {{ \
             type: integer, minimum: 1, maximum: 100, default: 20, description: How many at most. }}\n    output:\n      \
             required: [things]\n      properties: {{ things: {{ type: array, items: {{ $ref: '#/tables/{table}' }}, \
             description: Things. }} }}\n    action:\n      list: {{ table: {table}, sort: [order, -updatedAt] }}\n      \
             page: true\n      returns: {{ things: '${{rows}}' }}\n    examples: [{{ name: all, input: {{}}, output: {{}} }}]\n"
        ),
        2 => format!(
            "  change{tool}:\n    title: Change a thing\n    policyHint: write\n    idempotent: true\n{head}    input:\n      \
             required: [id]\n      properties:\n        id: {{ type: string, format: id, description: Which. }}\n        \
             title: {{ type: string, minLength: 1, maxLength: 200, description: Its new title. }}\n    output: {{ required: \
             [ok], properties: {{ ok: {{ type: boolean, description: Done. }} }} }}\n    action:\n      update: {{ table: \
             {table}, id: '${{input.id}}', given: [title] }}\n      returns: {{ ok: true }}\n    examples: [{{ \
             name: one, given: [{{ tool: m{module}.add{added}, input: {{ title: A }}, id: {EXAMPLE_ID} }}], input: {{ id: \
             {EXAMPLE_ID}, title: B }}, output: {{ ok: true }} }}]\n",
            added = tool - 2
        ),
        _ => format!(
            "  grow{tool}:\n    title: Make things large\n    policyHint: write\n    idempotent: true\n{head}    input:\n      \
             required: [ids]\n      properties:\n        ids: {{ type: array, items: {{ type: string, format: id }}, uniqueItems: true, minItems: \
             1, maxItems: 25, description: Which. }}\n    output:\n      required: [grown, notFound]\n      properties:\n        \
             grown: {{ type: array, items: {{ $ref: '#/tables/{table}' }}, description: What became large. }}\n        \
             notFound: {{ type: array, items: {{ type: string, format: id }}, description: Ids without a thing. }}\n    action:\n      \
             steps:\n        found: {{ list: {{ table: {table}, where: 'row.id in input.ids', sort: [order, -updatedAt] }} }}\n        \
             byId: {{ value: '${{found.keyBy(t, t.id)}}' }}\n        grown: {{ each: '${{found.filter(t, t.kind == \"small\")}}', \
             update: {{ table: {table}, id: '${{it.id}}', values: {{ kind: large }} }} }}\n      returns: {{ grown: '${{grown}}', \
             notFound: '${{input.ids.filter(i, !(i in byId))}}' }}\n    examples:\n      - name: one of two\n        given: [{{ \
             rows: {{ {table}: [{{ id: t1, title: A, kind: small }}] }} }}]\n        input: {{ ids: [t1, t2] }}\n        output: \
             {{ grown: [{{ id: t1, kind: large }}], notFound: [t2] }}\n"
        ),
    }
}
