// The agent hosts from npm: how each is set up for a server of MCP, and run once without a person.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PROMPT = 'Add a task: call the dentist.';

function write(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value, undefined, 2));
}

/**
 * Each host: writes its settings below `home`, and returns the program's arguments and environment. Without a token, the settings
 * hold no credentials, and the commands of `signIn` add the server and sign in.
 */
export const HOSTS = {
  claude: {
    title: 'Claude Code',
    package: '@anthropic-ai/claude-code',
    // Asks for the address that the browser came back to, beside waiting for it, so it wants a terminal.
    signIn: { commands: (mcp) => [['mcp', 'add', '--transport', 'http', 'mana', mcp], ['mcp', 'login', 'mana']], terminal: true },
    setUp({ home, mcp, token, model }) {
      const config = join(home, 'mcp.json');
      const headers = { Authorization: `Bearer ${token}` };
      if (token) write(config, { mcpServers: { mana: { type: 'http', url: mcp, headers } } });
      const server = token ? ['--mcp-config', config, '--strict-mcp-config'] : [];
      return {
        arguments: ['-p', PROMPT, ...server, '--allowedTools', 'mcp__mana', '--model', 'sonnet'],
        environment: {
          ANTHROPIC_BASE_URL: model,
          ANTHROPIC_API_KEY: 'sk-fake',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          ENABLE_TOOL_SEARCH: 'false',
          MCP_CONNECTION_NONBLOCKING: 'false',
        },
      };
    },
  },
  codex: {
    title: 'Codex',
    package: '@openai/codex',
    // Signs in as soon as the server is added.
    signIn: { commands: (mcp) => [['mcp', 'add', 'mana', '--url', mcp]] },
    setUp({ home, mcp, token, model }) {
      const server = `[mcp_servers.mana]\nurl = "${mcp}"\nbearer_token_env_var = "MANA_TOKEN"\ndefault_tools_approval_mode = "approve"\n`;
      write(
        join(home, '.codex/config.toml'),
        `model = "gpt-5"\nmodel_provider = "fake"\napproval_policy = "never"\nmcp_oauth_credentials_store = "file"\n[model_providers.fake]\nname = "Fake"\n` +
          `base_url = "${model}/v1"\nwire_api = "responses"\nenv_key = "FAKE_KEY"\n[analytics]\nenabled = false\n` +
          (token ? server : ''),
      );
      return {
        arguments: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', PROMPT],
        environment: { CODEX_HOME: join(home, '.codex'), FAKE_KEY: 'fake', ...(token && { MANA_TOKEN: token }) },
      };
    },
  },
  gemini: {
    title: 'Gemini CLI',
    package: '@google/gemini-cli',
    setUp({ home, mcp, token, model }) {
      write(join(home, '.gemini/settings.json'), {
        mcpServers: { mana: { httpUrl: mcp, headers: { Authorization: `Bearer ${token}` }, trust: true } },
        security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
      });
      return {
        arguments: ['-p', PROMPT, '--approval-mode', 'yolo', '--model', 'gemini-2.5-flash'],
        environment: { GEMINI_API_KEY: 'fake', GOOGLE_GEMINI_BASE_URL: model, GEMINI_CLI_TRUST_WORKSPACE: 'true' },
      };
    },
  },
  opencode: {
    title: 'opencode',
    package: 'opencode-ai',
    // Its settings name the server: `mcp add` asks questions.
    signIn: { commands: () => [['mcp', 'auth', 'mana']] },
    setUp({ home, mcp, token, model }) {
      const credentials = token && { headers: { Authorization: `Bearer ${token}` }, oauth: false };
      const config = join(home, 'opencode.json');
      write(config, {
        provider: { fake: { npm: '@ai-sdk/openai-compatible', name: 'Fake', options: { baseURL: `${model}/v1`, apiKey: 'fake' }, models: { fake: { name: 'Fake' } } } },
        model: 'fake/fake',
        small_model: 'fake/fake',
        mcp: { mana: { type: 'remote', url: mcp, ...credentials } },
        permission: { '*': 'allow' },
        autoupdate: false,
        share: 'disabled',
      });
      return {
        arguments: ['run', '--print-logs', PROMPT],
        environment: { OPENCODE_CONFIG: config, OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' },
      };
    },
  },
  copilot: {
    title: 'Copilot CLI',
    package: '@github/copilot',
    setUp({ home, mcp, token, model }) {
      write(join(home, '.copilot/mcp-config.json'), {
        mcpServers: { mana: { type: 'http', url: mcp, headers: { Authorization: `Bearer ${token}` }, tools: ['*'] } },
      });
      return {
        arguments: ['-p', PROMPT, '--allow-all-tools', '--no-auto-update', '--disable-client-telemetry', '--log-level', 'all', '--log-dir', join(home, 'logs')],
        environment: { COPILOT_HOME: join(home, '.copilot'), COPILOT_PROVIDER_BASE_URL: `${model}/v1`, COPILOT_MODEL: 'fake', COPILOT_OFFLINE: 'true' },
      };
    },
  },
};
