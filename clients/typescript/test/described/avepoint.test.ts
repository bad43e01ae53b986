import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import createClient from 'openapi-fetch';
import type { components, paths } from '../../src/generated/avepoint.js';
import { createAvePoint } from '../../src/index.js';
import { avepoint, baseUrl, KEVIN } from '../demo.js';

type Scope = components['schemas']['ScopeName'];

const USERS = '/partner/external/v3/um/customers/{customerId}/tenants/{tenantId}/users/batch';
const CUSTOMERS = '/partner/external/v3/general/customers/batch';
const DOCUMENT = new URL('../../../../../openapi/avepoint.json', import.meta.url);
const READ_USERS: Scope = 'elements.um.user.read.all';
const READ_CUSTOMERS: Scope = 'elements.customers.read.all';

const path = { customerId: avepoint.customerId, tenantId: avepoint.tenantId };
const anonymous = createClient<paths>({ baseUrl });
const connect = (token: string) => createAvePoint({ baseUrl, ...path, token }).http;

const requestToken = (secret: string, scope: string) =>
  anonymous.POST('/connect/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { grant_type: 'client_credentials', client_id: avepoint.clientId, client_secret: secret, scope },
  });

async function token(...scopes: Scope[]): Promise<string> {
  const { data, error } = await requestToken(avepoint.clientSecret, scopes.join(' '));
  assert.ok(data, JSON.stringify(error));
  assert.equal(data.token_type, 'Bearer');
  assert.ok(data.expires_in > 0);
  return data.access_token;
}

/** openapi-typescript makes no types of security schemes. */
interface Flow {
  tokenUrl: string;
  scopes: Record<string, string>;
}

describe('What is described of AvePoint', () => {
  let client: ReturnType<typeof connect>;

  before(async () => {
    client = connect(await token(READ_USERS, READ_CUSTOMERS));
  });

  test('the metadata and the description name the same token endpoint and scopes', async () => {
    const { oauth2 } = JSON.parse(readFileSync(DOCUMENT, 'utf8')).components.securitySchemes;
    const flow: Flow = oauth2.flows.clientCredentials;
    for (const where of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'] as const) {
      const { data } = await anonymous.GET(where);
      assert.ok(data);
      assert.equal(data.token_endpoint, new URL(flow.tokenUrl, baseUrl).href);
      assert.deepEqual([...data.scopes_supported].sort(), Object.keys(flow.scopes).sort());
    }
  });

  test('a user is answered with the page', async () => {
    const { data, error } = await client.POST(USERS, { params: { path }, body: { userIds: [KEVIN] } });
    assert.ok(data, error?.message);
    const [kevin] = data.data;
    assert.equal(kevin?.displayName, 'Kevin Mark');
    assert.deepEqual(kevin.status, [0, 1]);
    assert.equal(kevin.age, 12);
    assert.deepEqual(data.metadata, { pageIndex: 1, pageSize: 100, totalCount: 1 });
  });

  test('the page is chosen by query', async () => {
    const query = { pageIndex: 2, pageSize: 3 };
    const { data, error } = await client.POST(USERS, { params: { path, query } });
    assert.ok(data, error?.message);
    assert.equal(data.data.length, 3);
    assert.equal(data.metadata.pageIndex, 2);
    assert.ok(data.metadata.totalCount > 6);
  });

  test('a customer is answered with its tenants', async () => {
    const { data, error } = await client.POST(CUSTOMERS, { body: {} });
    assert.ok(data, error?.message);
    const [customer] = data.data;
    assert.equal(customer?.id, avepoint.customerId);
    assert.ok(customer.tenants.some((tenant) => tenant.id === avepoint.tenantId && tenant.name !== ''));
  });

  test('a wrong secret is refused by the code of OAuth 2.0', async () => {
    const { error, response } = await requestToken('wrong-secret', READ_USERS);
    assert.equal(response.status, 400);
    assert.ok(error && 'error' in error);
    assert.equal(error.error, 'invalid_client');
    assert.ok(error.error_description);
  });

  test('an unknown scope is refused by the code of OAuth 2.0', async () => {
    const { error, response } = await requestToken(avepoint.clientSecret, 'elements.everything');
    assert.equal(response.status, 400);
    assert.ok(error && 'error' in error);
    assert.equal(error.error, 'invalid_scope');
  });

  test('a wrong token is refused', async () => {
    const { data, error, response } = await connect('rubbish').POST(USERS, { params: { path }, body: {} });
    assert.equal(data, undefined);
    assert.equal(response.status, 401);
    assert.equal(error?.statusCode, 401);
    assert.equal(error.requestId, response.headers.get('request-id'));
  });

  test('a token without the scope is refused', async () => {
    const { error, response } = await connect(await token(READ_CUSTOMERS)).POST(USERS, { params: { path }, body: {} });
    assert.equal(response.status, 403);
    assert.equal(error?.statusCode, 403);
  });

  test('a page that is too large is refused', async () => {
    const { error, response } = await client.POST(USERS, { params: { path, query: { pageSize: 1001 } }, body: {} });
    assert.equal(response.status, 400);
    assert.equal(error?.statusCode, 400);
    assert.match(error.message, /pageSize/);
  });

  test("another customer's users are not found", async () => {
    const foreign = { ...path, customerId: avepoint.tenantId };
    const { error, response } = await client.POST(USERS, { params: { path: foreign }, body: {} });
    assert.equal(response.status, 404);
    assert.equal(error?.statusCode, 404);
  });
});
