import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import createClient from 'openapi-fetch';
import type { paths } from '../.generated/types/admin.js';
import { ADMIN, AVEPOINT } from '../demo.mjs';
import { authentication } from './documents.mjs';

const connect = (token: string) =>
  createClient<paths>({ baseUrl: ADMIN.url, headers: authentication('admin', 'bearer', token) });

const client = connect(ADMIN.token);

describe("the operators' API by openapi-fetch", () => {
  test('tenants are listed', async () => {
    const { data, error } = await client.GET('/admin/v1/tenants');
    assert.ok(data, error?.detail);
    const demo = data.find((tenant) => tenant.slug === 'demo');
    assert.equal(demo?.customerId, AVEPOINT.customerId);
    assert.equal(demo.suspendedAt ?? null, null);
    assert.ok(Array.isArray(demo.corsOrigins));
  });

  test('the audit log has its details', async () => {
    const query = { tenant: 'demo', limit: 1000 };
    const { data, error } = await client.GET('/admin/v1/audit', { params: { query } });
    assert.ok(data, error?.detail);
    const created = data.find((entry) => entry.act === 'tenant.create');
    assert.equal(created?.via, 'cli');
    assert.equal(created.detail.customerId, AVEPOINT.customerId);
  });

  test('users are exported as lines of JSON', async () => {
    const path = { slug: 'demo' };
    const { data, error } = await client.GET('/admin/v1/tenants/{slug}/export', { params: { path }, parseAs: 'text' });
    assert.ok(data, error?.detail);
    const users = data.trimEnd().split('\n').filter((line) => 'id' in JSON.parse(line));
    assert.ok(users.length >= 300);
  });

  test('an import tells what it would do', async () => {
    const params = { path: { slug: 'demo' }, query: { dryRun: true } };
    const body = '{"id":"generated-client","profile":{"displayName":"Ana Novak"}}\n{"id":7}\n';
    const headers = { 'content-type': 'application/x-ndjson' };
    const bodySerializer = (lines: string) => lines;
    const options = { params, body, headers, bodySerializer };
    const { data, error } = await client.POST('/admin/v1/tenants/{slug}/import', options);
    assert.ok(data, error?.detail);
    assert.equal(data.applied, false);
    assert.equal(data.added, 1);
    assert.equal(data.rejects[0]?.record, 2);
    assert.equal(data.rejects[0]?.field, 'id');
  });

  test('an unknown tenant is a problem', async () => {
    const path = { slug: 'nowhere' };
    const { data, error, response } = await client.GET('/admin/v1/tenants/{slug}', { params: { path } });
    assert.equal(data, undefined);
    assert.equal(response.status, 404);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.equal(error?.status, 404);
    assert.equal(error.type, 'about:blank');
    assert.match(error.detail, /no tenant/);
  });

  test('a wrong token is a problem', async () => {
    const { error, response } = await connect('wrong').GET('/admin/v1/tenants');
    assert.equal(response.status, 401);
    assert.equal(error?.status, 401);
    assert.ok(error.detail);
  });

  test('a malformed slug is a problem', async () => {
    const { error, response } = await client.POST('/admin/v1/tenants', { body: { slug: 'Not A Slug' } });
    assert.equal(response.status, 400);
    assert.equal(error?.status, 400);
    assert.match(error.detail, /slug/);
  });
});
