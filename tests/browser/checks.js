// Calls a gateway from a page of another origin, and writes what it finds into the page. `.ci/browser` provides
// `settings.json`, and `snippets.js` with the code blocks of docs/browsers.md.

import { accounts, people, users, waitSeconds } from './snippets.js';

const settings = await (await fetch('settings.json')).json();
const gateway = settings.BASE_URL;
const json = { 'content-type': 'application/json' };
const lines = [];

function assert(condition, what) {
  if (!condition) throw new Error(what);
}

async function check(what, test) {
  try {
    await test();
    lines.push(`ok: ${what}`);
  } catch (error) {
    lines.push(`FAILED: ${what}: ${error}`);
  }
}

async function fails(promise, text) {
  const error = await promise.then(() => null, (error) => error);
  assert(error !== null, 'no error');
  assert(String(error).includes(text), `${error}`);
}

const batch = (key, init = {}) =>
  fetch(`${gateway}/api/v0/users`, {
    method: 'POST', headers: { ...json, 'x-api-key': key }, body: '{"accountsToFetch":[]}', ...init,
  });

async function avepointToken() {
  const form = new URLSearchParams({
    grant_type: 'client_credentials', client_id: settings.AVEPOINT_CLIENT_ID, client_secret: settings.AVEPOINT_CLIENT_SECRET,
  });
  return fetch(`${gateway}/connect/token`, { method: 'POST', body: form });
}

async function genauthToken() {
  const { GENAUTH_ACCESS_KEY_ID: accessKeyId, GENAUTH_ACCESS_KEY_SECRET: accessKeySecret } = settings;
  const body = JSON.stringify({ accessKeyId, accessKeySecret });
  return fetch(`${gateway}/api/v3/get-management-token`, { method: 'POST', headers: json, body });
}

const avepoint = (token) => people(gateway, token, settings.AVEPOINT_CUSTOMER_ID, settings.AVEPOINT_TENANT_ID);

async function listedPage() {
  await check('a publishable key shows accounts', async () => {
    const entry = { address: settings.ADDRESS, viewsToFetch: [{ viewKey: 'latestActivity', bookmark: '' }] };
    const [account] = await accounts(gateway, settings.PUBLISHABLE_KEY, [entry]);
    assert(account.address === settings.ADDRESS && account.views.latestActivity, JSON.stringify(account));
    assert(account.seenActivity === undefined, 'seenActivity');
  });
  await check('it does not show what is private', async () => {
    const entry = { address: settings.ADDRESS, viewsToFetch: [{ viewKey: 'privateLists', bookmark: '' }] };
    await fails(accounts(gateway, settings.PUBLISHABLE_KEY, [entry]), 'is not public');
  });
  await check('a credentialed request is readable', async () => {
    const response = await batch(settings.PUBLISHABLE_KEY, { credentials: 'include' });
    assert(response.status === 200, response.status);
  });
  await check('request id and rate limit are readable before a 429', async () => {
    const response = await batch(settings.BITBADGES_API_KEY);
    for (const name of ['request-id', 'ratelimit', 'ratelimit-policy', 'ratelimit-limit', 'ratelimit-remaining']) {
      assert(response.headers.get(name), name);
    }
    assert(waitSeconds(response) === 0, 'waitSeconds');
  });
  await check('a key limited to 2/s is told so, and when to try again', async () => {
    let response = await batch(settings.LIMITED_KEY);
    assert(response.headers.get('ratelimit-limit') === '2', response.headers.get('ratelimit-limit'));
    assert(/q=2;/.test(`${response.headers.get('ratelimit-policy')};`), response.headers.get('ratelimit-policy'));
    for (let calls = 0; response.status === 200 && calls < 50; calls += 1) response = await batch(settings.LIMITED_KEY);
    assert(response.status === 429, response.status);
    assert(waitSeconds(response) >= 1, 'waitSeconds');
    assert((await response.json()).errorMessage.includes('rate limit'), 'errorMessage');
  });
  await check('AvePoint lists people', async () => {
    assert((await avepoint(settings.AVEPOINT_TOKEN)).length > 0, 'nobody');
  });
  await check('AvePoint issues a token', async () => {
    const response = await avepointToken();
    assert(response.headers.get('ratelimit'), 'ratelimit');
    assert((await response.json()).access_token, 'access_token');
  });
  await check('GenAuth issues a token and finds a user', async () => {
    const response = await genauthToken();
    assert(response.headers.get('ratelimit'), 'ratelimit');
    const found = await users(gateway, (await response.json()).data.access_token, [settings.USER_ID]);
    assert(found.length === 1 && found[0].userId === settings.USER_ID, JSON.stringify(found));
  });
  await check("the headers of GenAuth's signature pass the preflight", async () => {
    const headers = {
      authorization: `genauth ${settings.GENAUTH_ACCESS_KEY_ID}:wrong`, 'x-genauth-date': new Date().toUTCString(),
      'x-genauth-signature-method': 'HMAC-SHA1', 'x-genauth-signature-version': '1.0', 'x-genauth-signature-nonce': '1',
    };
    const response = await fetch(`${gateway}/api/v3/get-user-batch?userIds=a`, { headers });
    assert((await response.json()).statusCode === 401, 'statusCode');
  });
}

async function everyPage() {
  await check('where tokens are to be had is readable', async () => {
    const { token_endpoint: endpoint } = await (await fetch(`${gateway}/.well-known/openid-configuration`)).json();
    assert(endpoint === `${gateway}/connect/token`, endpoint);
  });
  await check('whoever watches the rate limit sees that of the tenant too', async () => {
    const told = (ratelimit) => waitSeconds(new Response('', { headers: ratelimit ? { ratelimit } : {} }));
    assert(told('"credential";r=999;t=1, "tenant";r=0;t=1') === 1, 'the tenant has nothing left');
    assert(told('"credential";r=999;t=1, "tenant";r=1;t=1') === 0, 'both have some left');
    assert(told(null) === 0, 'no limit is told');
  });
  await check('every face says why it refuses', async () => {
    await fails(accounts(gateway, 'wrong', []), 'does not have the form of an API key');
    await fails(avepoint('wrong'), 'Error: ');
    await fails(users(gateway, 'wrong', ['a']), 'Error: ');
    const response = await fetch(`${gateway}/connect/token`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
    assert(response.status === 400 && (await response.json()).error_description, 'error_description');
  });
}

async function unlistedPage() {
  await check('a publishable key is refused, with the reason', async () => {
    await fails(accounts(gateway, settings.PUBLISHABLE_KEY, []), 'corsOrigins');
  });
  await check('nothing is readable with credentials', async () => {
    await fails(batch(settings.BITBADGES_API_KEY, { credentials: 'include' }), 'Failed to fetch');
  });
  await check('tokens are not readable', async () => {
    await fails(avepointToken(), 'Failed to fetch');
    await fails(genauthToken(), 'Failed to fetch');
  });
}

await everyPage();
await (location.hash === '#listed' ? listedPage() : unlistedPage());
document.getElementById('report').textContent = `${lines.join('\n')}\ndone`;
