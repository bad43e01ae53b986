// Opens the documentation pages of a running demo in headless Chromium and tries everything on them, as a reader would:
// every operation of the faces with what is filled in, the tokens, the signature. Nothing may be loaded from elsewhere,
// and no error may be on the console.
//
// Usage: node docs-page.mjs      (in the environment of the demo's env file, with CHROMIUM and SHOTS, a folder for
//                                 screenshots, if there is one to be; WITHOUT_DEMO=1 for a gateway that is no demo)

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';

const { BASE_URL, ADMIN_URL, CHROMIUM, SHOTS, WITHOUT_DEMO } = process.env;
const WAIT = { timeout: 60_000 };
const SETTLING_MS = 1_000;

/** A page whose requests and errors are watched. */
async function watched(browser) {
  const page = await browser.newPage();
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOwn = [BASE_URL, ADMIN_URL].includes(url.origin) || ['data:', 'blob:'].includes(url.protocol);
    if (!isOwn) faults.push(`asked ${url.origin}`);
  });
  return { page, faults };
}

/** Opens a page at one API, afresh. */
async function open(page, base, api) {
  await page.goto('about:blank');
  await page.goto(`${base}/docs/#${api}`);
  await page.waitForSelector('.opblock', WAIT);
}

const outcome = (page, text) =>
  page.waitForFunction((text) => document.getElementById('outcome').textContent.startsWith(text), WAIT, text);

const shoot = (page, name) => SHOTS && page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });

/** Clicks wherever the element is by then: what is above it may still grow. */
const press = (element) => element.evaluate((element) => element.click());

/** Executes one operation with what is filled in; its status and body. */
async function execute(page, id) {
  const block = await page.$(`#${id}`);
  await press(await block.$('.opblock-summary-control'));
  const button = await block.waitForSelector('button.execute', WAIT);
  // Swagger UI shows the button somewhat before it knows the operation.
  await setTimeout(SETTLING_MS);
  await press(button);
  const status = await block.waitForSelector('.live-responses-table tbody .response-col_status', WAIT);
  const body = await block.waitForSelector('.live-responses-table tbody .response-col_description pre', WAIT);
  return [await status.evaluate((cell) => parseInt(cell.textContent, 10)), await body.evaluate((pre) => pre.textContent)];
}

/** What the response of an operation shows if it has data of the demo. */
const SHOWS = {
  fetchUser: /trevormil/,
  fetchUserBatch: /"username": "trevormil"/,
  fetchUsers: /"username": "trevormil"/,
  getToken: /"access_token"/,
  getServerMetadata: /"token_endpoint"/,
  getDiscovery: /"token_endpoint"/,
  getCustomersBatch: /966f35cc-7e21-4f0b-9d35-25cdbcf82a07/,
  getUsersBatch: /kevin/i,
  getManagementToken: /"access_token"/,
  getUserBatch: /test@example\.com/,
};

async function tryOperations(page, api) {
  await open(page, BASE_URL, api);
  await outcome(page, 'In use');
  const ids = await page.$$eval('.opblock', (blocks) => blocks.map((block) => block.id));
  for (const id of ids) {
    const [status, body] = await execute(page, id);
    assert.ok(status >= 200 && status < 300, `${id}: ${status} ${body}`);
    const name = Object.keys(SHOWS).find((name) => id.endsWith(`-${name}`));
    assert.match(body, SHOWS[name], id);
    console.log(`docs-page: ok: ${api} ${name}: ${status}`);
  }
  return ids.length;
}

async function signARequest(page) {
  await page.click('#signature summary');
  await page.click('#to-sign button');
  await page.waitForSelector('#signed:not([hidden])', WAIT);
  assert.equal(await page.$eval('#signed-status', (status) => status.textContent), '200');
  assert.match(await page.$eval('#signed-answer', (answer) => answer.textContent), /test@example\.com/);
  console.log('docs-page: ok: a signed request');
}

/** Another secret is refused, in the vendor's words. */
async function refuse(page) {
  await open(page, BASE_URL, 'genauth');
  await outcome(page, 'In use');
  await page.type('#fields input[name=secret]', 'x');
  await page.click('#access button');
  await outcome(page, 'Refused');
  console.log('docs-page: ok: a wrong secret is refused');
}

/** Executes the operation of this name, which reads. */
async function tryOne(page, base, api, name, shows) {
  await open(page, base, api);
  await outcome(page, 'In use');
  const ids = await page.$$eval('.opblock', (blocks) => blocks.map(({ id }) => id));
  const [status, body] = await execute(page, ids.find((id) => id.endsWith(`-${name}`)));
  assert.equal(status, 200);
  assert.match(body, shows);
  console.log(`docs-page: ok: ${api} ${name}`);
}

async function hasNoCredentials(page) {
  assert.equal((await fetch(`${BASE_URL}/docs/demo.json`)).status, 404);
  for (const api of ['bitbadges', 'avepoint', 'genauth', 'scim']) {
    await open(page, BASE_URL, api);
    const values = await page.$$eval('#fields input', (inputs) => inputs.map((input) => input.value));
    assert.ok(values.length > 0 && values.every((value) => value === ''), `${api}: ${values.length} fields`);
    assert.equal(await page.$eval('#outcome', (outcome) => outcome.textContent), '');
  }
  console.log('docs-page: ok: a gateway that is no demo fills in nothing');
}

async function shootAll(page) {
  const looks = [['light', 1200], ['dark', 1200], ['light', 400], ['dark', 400]];
  for (const [value, width] of looks) {
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    for (const [name, base] of [['front', BASE_URL], ['front-operators', ADMIN_URL]]) {
      await page.goto(`${base}/`);
      await shoot(page, `${name}-${value}-${width}`);
      await isNarrow(page, name, width);
    }
    const faces = ['bitbadges', 'avepoint', 'scim', 'genauth'].map((api) => [api, BASE_URL]);
    for (const [api, base] of [['admin', ADMIN_URL], ...faces]) {
      await open(page, base, api);
      await outcome(page, 'In use');
      if (api === 'genauth') await page.click('#signature summary');
      await shoot(page, `docs-${api}-${value}-${width}`);
      await isNarrow(page, api, width);
    }
    await execute(page, await page.$eval('.opblock-get', ({ id }) => id));
    await shoot(page, `docs-executed-${value}-${width}`);
    await isNarrow(page, 'executed', width);
  }
}

/** Nobody has to scroll sideways. */
async function isNarrow(page, name, width) {
  const needed = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(needed <= width, `${name} is ${needed} wide on ${width}`);
}

const sandbox = process.getuid() === 0 ? ['--no-sandbox'] : [];
const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: [...sandbox, '--no-proxy-server'] });
try {
  const { page, faults } = await watched(browser);
  await page.setViewport({ width: 1200, height: 900 });
  if (WITHOUT_DEMO) {
    await hasNoCredentials(page);
  } else {
    let operations = 0;
    for (const api of ['bitbadges', 'avepoint', 'genauth']) operations += await tryOperations(page, api);
    assert.equal(operations, Object.keys(SHOWS).length);
    await signARequest(page);
    await tryOne(page, BASE_URL, 'scim', 'listUsers', /"totalResults": [1-9]/);
    await tryOne(page, ADMIN_URL, 'admin', 'list_tenants', /"slug": "demo"/);
    await shootAll(page);
    assert.deepEqual(faults, []);
    // Chromium writes each refused request on the console.
    await refuse(page);
  }
  assert.deepEqual(faults.filter((fault) => !fault.includes('status of 4')), []);
} finally {
  await browser.close();
}
