import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAvePoint, GatewayError } from '../src/index.js';
import { all, avepoint, counting, KEVIN } from './demo.js';

const client = createAvePoint(avepoint);

describe('AvePoint', () => {
  test('a walk returns each user once, whatever the size of the pages', async () => {
    const { sent, fetch } = counting();
    const users = await all(createAvePoint({ ...avepoint, fetch }).users({ pageSize: 7 }));
    const ids = users.map(({ id }) => id);
    assert.equal(sent.length, 1 + Math.ceil(ids.length / 7), 'a token and the pages');
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.includes(KEVIN));
    assert.deepEqual((await all(client.users())).map(({ id }) => id), ids);
  });

  test('only the users asked for are returned, and nobody for no ids', async () => {
    const users = await all(client.users({ userIds: ['nobody', KEVIN] }));
    assert.deepEqual(users.map(({ displayName }) => displayName), ['Kevin Mark']);
    assert.deepEqual(await all(client.users({ userIds: [] })), []);
  });

  test('more ids than fit in a request are sent in several', async () => {
    const { sent, fetch } = counting();
    const nobody = Array.from({ length: 20_000 }, (_, n) => `nobody-${n}`);
    const users = await all(createAvePoint({ ...avepoint, fetch }).users({ userIds: [...nobody, KEVIN] }));
    assert.deepEqual(users.map(({ id }) => id), [KEVIN]);
    assert.equal(sent.length, 1 + 3, 'a token and the batches');
  });

  test('the customer is returned with its tenant', async () => {
    const customers = await all(client.customers());
    const tenants = customers.flatMap(({ tenants }) => tenants.map(({ id }) => id));
    assert.ok(tenants.includes(avepoint.tenantId));
  });

  test('calls at the same time share one token', async () => {
    const { sent, fetch } = counting();
    const shared = createAvePoint({ ...avepoint, fetch });
    await Promise.all([all(shared.users()), all(shared.customers()), all(shared.users({ userIds: [KEVIN] }))]);
    assert.equal(sent.filter(({ url }) => url.endsWith('/connect/token')).length, 1);
  });

  test('a token, or what asks for one, may be given instead', async () => {
    const { sent, fetch } = counting();
    await all(createAvePoint({ ...avepoint, fetch }).users({ userIds: [KEVIN] }));
    const token = sent[1]?.headers.get('authorization')?.replace('Bearer ', '') ?? '';
    const { baseUrl, customerId, tenantId } = avepoint;
    const users = await all(createAvePoint({ baseUrl, customerId, tenantId, token }).users({ userIds: [KEVIN] }));
    assert.equal(users.length, 1);
    let asked = 0;
    const ask = async () => {
      asked += 1;
      return { value: token, expiresIn: 3_600 };
    };
    const asking = createAvePoint({ baseUrl, customerId, tenantId, token: ask });
    for (const _ of [1, 2]) assert.deepEqual(await all(asking.users({ userIds: [KEVIN] })), users);
    assert.equal(asked, 1);
    const refused = all(createAvePoint({ baseUrl, customerId, tenantId, token: 'rubbish' }).users());
    await assert.rejects(refused, { name: 'GatewayError', status: 401 });
  });

  test('a wrong secret is an error with the code of OAuth 2.0', async () => {
    const walk = createAvePoint({ ...avepoint, clientSecret: 'wrong' }).users();
    await assert.rejects(all(walk), (error) => {
      assert.ok(error instanceof GatewayError);
      assert.deepEqual([error.status, error.code], [400, 'invalid_client']);
      assert.ok(error.message && error.requestId);
      return true;
    });
  });

  test('a page too large and a missing scope are errors that say so', async () => {
    await assert.rejects(all(client.users({ pageSize: 1_001 })), { status: 400, message: /pageSize/ });
    const reader = createAvePoint({ ...avepoint, scopes: ['elements.um.user.read.all'] });
    await assert.rejects(all(reader.customers()), { name: 'GatewayError', status: 403 });
  });
});
