// The documentation page: an API at a time, with credentials to fill in. The demo fills in its own.

import { ACCESS, fillIn } from './access.js';
import { sign } from './signature.js';

const SIGNED_PATH = '/api/v3/get-user-batch';

const element = (id) => document.getElementById(id);

const json = async (url) => (await fetch(url)).json();

/** Credentials by API; kept while the page is open, so that changing the API loses none. */
const logins = {};
let shown;

/** What the gateway serves, and the demo's credentials, if this is the demo. */
async function start() {
  const { apis, demo } = await json('apis.json');
  if (demo) Object.assign(logins, await demoLogins());
  for (const api of apis) {
    const link = document.createElement('a');
    Object.assign(link, { href: `#${api.name}`, textContent: api.title });
    element('apis').append(link);
  }
  const show = () => showApi(apis.find(({ name }) => `#${name}` === location.hash) ?? apis[0]);
  addEventListener('hashchange', show);
  await show();
}

/** The demo gives its credentials only to browsers on its own machine. */
async function demoLogins() {
  const response = await fetch('demo.json');
  return response.ok ? response.json() : {};
}

async function showApi(api) {
  for (const link of element('apis').children) {
    link.toggleAttribute('aria-current', link.hash === `#${api.name}`);
  }
  const description = await json(api.document);
  shown = { api, description, access: ACCESS[api.name], login: (logins[api.name] ??= {}) };
  fillIn(description, shown.login);
  showFields(shown);
  element('signature').hidden = api.name !== 'genauth';
  shown.ui = await operations(description);
  if (shown.login.secret) await authorize();
}

function showFields({ access, login }) {
  element('how').textContent = access.how;
  element('outcome').textContent = '';
  const fields = Object.entries(access.fields).map(([name, label]) => {
    const [line, input] = [document.createElement('label'), document.createElement('input')];
    Object.assign(input, { name, value: login[name] ?? '', required: true, autocomplete: 'off', spellcheck: false });
    input.addEventListener('input', () => (login[name] = input.value));
    line.append(label, input);
    return line;
  });
  element('fields').replaceChildren(...fields);
}

/** Swagger UI of a document, once it is shown. */
function operations(spec) {
  return new Promise((resolve) => {
    const ui = SwaggerUIBundle({
      spec,
      domNode: element('operations'),
      presets: [SwaggerUIBundle.presets.apis],
      layout: 'BaseLayout',
      docExpansion: 'list',
      defaultModelsExpandDepth: -1,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      validatorUrl: null,
      onComplete: () => resolve(ui),
    });
  });
}

/** Gets what the credentials are exchanged for, and lets all requests carry it. */
async function authorize() {
  const { access, description, login, ui } = shown;
  const outcome = element('outcome');
  try {
    const value = await access.obtain(login, description);
    const schema = description.components.securitySchemes[access.scheme];
    if (schema.type === 'oauth2') {
      const auth = { name: access.scheme, schema };
      ui.authActions.authorizeOauth2({ auth, token: { access_token: value, token_type: 'Bearer' } });
    } else {
      ui.preauthorizeApiKey(access.scheme, value);
    }
    outcome.textContent = 'In use: “Execute” sends them.';
  } catch (error) {
    outcome.textContent = `Refused: ${error.message}`;
  }
}

async function signAndSend(form) {
  const parameters = Object.fromEntries(new FormData(form));
  const { text, headers } = await sign(shown.login, SIGNED_PATH, parameters);
  element('signed-text').textContent = text;
  element('signed-headers').textContent = Object.entries(headers).map((header) => header.join(': ')).join('\n');
  const response = await fetch(`${SIGNED_PATH}?${new URLSearchParams(parameters)}`, { headers });
  element('signed-status').textContent = response.status;
  element('signed-answer').textContent = JSON.stringify(await response.json(), null, 2);
  element('signed').hidden = false;
}

element('access').addEventListener('submit', (event) => {
  event.preventDefault();
  authorize();
});

element('to-sign').addEventListener('submit', (event) => {
  event.preventDefault();
  signAndSend(event.target).catch((error) => (element('outcome').textContent = error.message));
});

const dark = matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followScheme);
followScheme();

await start();
