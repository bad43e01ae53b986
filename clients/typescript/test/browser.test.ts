import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { type Browser, launch } from 'puppeteer-core';
import { createAvePoint } from '../src/index.js';
import { all, avepoint, baseUrl, bitbadges, genauth, setting } from './demo.js';
import type { Given } from './page.js';

const PAGE = '<!doctype html><title>A page of another origin</title><script type="module" src="/bundle.js"></script>';

/** The client and the calls of `page.ts`, as a front end would bundle them. */
async function bundle(): Promise<string> {
  const page = new URL('../../test/page.ts', import.meta.url).pathname;
  const { outputFiles, warnings } = await build({ entryPoints: [page], bundle: true, format: 'esm', write: false });
  assert.deepEqual(warnings, []);
  return outputFiles[0]?.text ?? '';
}

async function serve(script: string): Promise<Server> {
  const server = createServer(({ url }, response) => {
    const isScript = url === '/bundle.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html').end(isScript ? script : PAGE);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** The origins that the demo's tenant lists; replaced by `origins` if given. */
async function listedOrigins(origins?: string[]): Promise<string[]> {
  const response = await fetch(`${setting('ADMIN_URL').replace(/\/+$/, '')}/admin/v1/tenants/demo`, {
    method: origins ? 'PATCH' : 'GET',
    headers: {
      authorization: `Bearer ${setting('ADMIN_TOKEN')}`,
      'content-type': 'application/json',
      'x-operator': 'typescript-test',
    },
    ...(origins && { body: JSON.stringify({ corsOrigins: origins }) }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).corsOrigins;
}

/** Tokens for a page, as its server fetches them. */
async function tokens() {
  const elements = await fetch(`${baseUrl}/connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: avepoint.clientId,
      client_secret: avepoint.clientSecret,
    }),
  });
  const management = await fetch(`${baseUrl}/api/v3/get-management-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ accessKeyId: genauth.accessKeyId, accessKeySecret: genauth.accessKeySecret }),
  });
  return {
    avepoint: (await elements.json()).access_token as string,
    genauth: (await management.json()).data.access_token as string,
  };
}

describe('In a browser, from another origin', () => {
  let server: Server;
  let browser: Browser;
  let port: number;
  let originsBefore: string[];
  let withTokens: Given;

  before(async () => {
    server = await serve(await bundle());
    port = (server.address() as AddressInfo).port;
    originsBefore = await listedOrigins();
    await listedOrigins([`http://127.0.0.1:${port}`]);
    const { customerId, tenantId } = avepoint;
    const token = await tokens();
    withTokens = {
      bitbadges,
      avepoint: { baseUrl, customerId, tenantId, token: token.avepoint },
      genauth: { baseUrl, token: token.genauth },
    };
    // Chromium has no sandbox for root, and needs none for this page.
    browser = await launch({ executablePath: setting('CHROMIUM'), args: ['--no-sandbox'] });
  });

  after(async () => {
    await browser?.close();
    server?.close();
    await listedOrigins(originsBefore);
  });

  /** What the calls return in a page from `host`. */
  async function called(host: string, given: Given) {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${port}/`, { waitUntil: 'load' });
    const outcomes = await page.evaluate((given) => callEachApi(given), given);
    await page.close();
    return outcomes;
  }

  test('each API is called with the tokens of a server', async () => {
    const { bitbadges: holders, ...users } = await called('127.0.0.1', withTokens);
    assert.match(String(holders), /^cosmos1[a-z0-9]+$/);
    const names = (await all(createAvePoint(avepoint).users())).map(({ displayName }) => displayName ?? '');
    assert.deepEqual(users, { avepoint: names, genauth: ['bob'] });
  });

  test("GenAuth's tokens are fetched and its requests signed", async () => {
    for (const signed of [false, true]) {
      const outcomes = await called('127.0.0.1', { ...withTokens, genauth: { ...genauth, signed } });
      assert.deepEqual(outcomes.genauth, ['bob'], `signed: ${signed}`);
    }
  });

  test('refusals can be read, with the id of the request', async () => {
    const wrong: Given = {
      bitbadges: { ...bitbadges, apiKey: 'wrong' },
      avepoint: { ...withTokens.avepoint, token: 'wrong' },
      genauth: { ...withTokens.genauth, token: 'wrong' },
    };
    for (const [api, outcome] of Object.entries(await called('127.0.0.1', wrong))) {
      assert.ok(!Array.isArray(outcome), api);
      assert.deepEqual([outcome.error, outcome.status], ['GatewayError', 401], api);
      assert.match(outcome.requestId ?? '', /^[0-9a-f-]{36}$/, api);
    }
  });

  test('a page whose origin is not listed reads no users of AvePoint and GenAuth', async () => {
    const { avepoint, genauth } = await called('localhost', withTokens);
    assert.deepEqual({ avepoint, genauth }, { avepoint: { error: 'TypeError' }, genauth: { error: 'TypeError' } });
  });
});
