import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import createClient from 'openapi-fetch';
import type { components, paths } from '../../src/generated/genauth.js';
import { createGenAuth } from '../../src/index.js';
import { baseUrl, BOB, genauth } from '../demo.js';

const accessKey = { accessKeyId: genauth.accessKeyId, accessKeySecret: genauth.accessKeySecret };
const anonymous = createClient<paths>({ baseUrl });
const connect = (token: string) => createGenAuth({ baseUrl, token }).http;

type Query = NonNullable<paths['/api/v3/get-user-batch']['get']['parameters']['query']>;
type User = components['schemas']['UserDto'];
type Refusal = components['schemas']['ErrorBody'];

/** The users found. Without the check of `statusCode`, neither return statement would compile. */
async function users(client: ReturnType<typeof connect>, query: Query): Promise<User[]> {
  const { data, error } = await client.GET('/api/v3/get-user-batch', { params: { query } });
  assert.ok(data, error?.message);
  // @ts-expect-error: only an answer has data.
  void data.data;
  if (data.statusCode !== 200) throw new Error(data.message);
  return data.data;
}

/** The refusal, which has the HTTP status 200. */
async function refusal(client: ReturnType<typeof connect>, query: Query): Promise<Refusal> {
  const { data, error, response } = await client.GET('/api/v3/get-user-batch', { params: { query } });
  assert.equal(response.status, 200);
  assert.ok(data, error?.message);
  // @ts-expect-error: only a refusal has an apiCode.
  void data.apiCode;
  if (data.statusCode === 200) throw new Error('no refusal');
  return data;
}

describe('What is described of GenAuth', () => {
  let client: ReturnType<typeof connect>;

  before(async () => {
    const { data, error } = await anonymous.POST('/api/v3/get-management-token', { body: accessKey });
    assert.ok(data, error?.message);
    assert.equal(data.statusCode, 200);
    client = connect(data.data.access_token);
  });

  test('a user is answered', async () => {
    const [bob, ...others] = await users(client, { userIds: [BOB.userId, 'nobody', BOB.userId] });
    assert.deepEqual(others, []);
    assert.equal(bob?.username, BOB.username);
    assert.equal(bob.email, BOB.email);
    assert.equal(bob.status, 'Activated');
    assert.equal(bob.gender, 'M');
    assert.equal(bob.customData, undefined);
  });

  test('a user has the members asked for', async () => {
    const options = { withCustomData: true, withIdentities: true, withDepartmentIds: true };
    const [bob] = await users(client, { userIds: [BOB.email], userIdType: 'email', ...options });
    assert.deepEqual(bob?.departmentIds, BOB.departmentIds);
    assert.equal(bob.identities?.[0]?.userIdInIdp, BOB.userIdInIdp);
    // As a variable of the member's type: it must take any fields.
    const customData: User['customData'] = BOB.customData;
    assert.deepEqual(bob.customData, customData);
  });

  test('a wrong token is refused', async () => {
    const refused = await refusal(connect('rubbish'), { userIds: [BOB.userId] });
    assert.equal(refused.statusCode, 401);
    assert.equal(refused.apiCode, 2020);
    assert.ok(refused.requestId);
  });

  test('a wrong access key is refused', async () => {
    const body = { ...accessKey, accessKeySecret: 'wrong' };
    const { data, response } = await anonymous.POST('/api/v3/get-management-token', { body });
    assert.equal(response.status, 200);
    assert.ok(data && data.statusCode !== 200);
    assert.equal(data.statusCode, 401);
    assert.ok(data.message);
  });

  test('too many ids are refused', async () => {
    const refused = await refusal(client, { userIds: Array.from({ length: 101 }, (_, n) => `id-${n}`) });
    assert.equal(refused.statusCode, 400);
    assert.match(refused.message, /userIds/);
  });

  test('an unheard-of type of id is refused', async () => {
    // @ts-expect-error: there is no such type.
    const userIdType: NonNullable<Query['userIdType']> = 'shoe_size';
    const refused = await refusal(client, { userIds: [BOB.userId], userIdType });
    assert.equal(refused.statusCode, 400);
  });
});
