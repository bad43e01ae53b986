import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BASE_URL, BOB, GENAUTH } from '../demo.mjs';
import { avepointMails } from './avepoint_mails.mjs';
import { AXIOS, managementClient } from './clients.mjs';
import { send, startRecorder } from './recorder.mjs';

const clientOn = (axios, options = {}) =>
  new (managementClient(axios))({ ...GENAUTH, host: BASE_URL, lang: 'en-US', ...options });
const clientFor = (options = {}) => clientOn(AXIOS[0], options);
let client = clientFor();
const miss = (n) => `62f0${n.toString(16).padStart(20, '0')}`;

/** Calls getUserBatch, expects success, and returns the users. */
async function users(userIds, options = {}) {
  const answer = await client.getUserBatch({ userIds, ...options });
  assert.equal(answer.statusCode, 200, JSON.stringify(answer));
  assert.ok(Array.isArray(answer.data));
  return answer.data;
}

const idsOf = (data) => data.map(({ userId }) => userId);

/** Expects a refusal that says why in the envelope's own members; the vendor pairs not every apiCode with a status. */
function assertRefused(answer, expected) {
  assert.notEqual(answer.statusCode, 200, JSON.stringify(answer));
  for (const [name, value] of Object.entries(expected)) assert.equal(answer[name], value, JSON.stringify(answer));
  assert.equal(typeof answer.message, 'string');
  assert.ok(answer.requestId, 'a refusal names its request');
}

for (const axios of AXIOS) describe(`authing-node-sdk 4.0.1 on axios ${axios} getUserBatch`, () => {
  before(() => {
    client = clientOn(axios);
  });

  /** By type of id: bob's, and one of the same form that nobody has. */
  const keys = {
    user_id: [BOB.userId, miss(0)],
    phone: [BOB.phone, '18899990000'],
    email: [BOB.email, 'nobody@nowhere.example'],
    username: [BOB.username, 'nobody-of-that-name'],
    external_id: [BOB.externalId, 'no-such-external-id'],
    identity: [`${BOB.extIdpId}:${BOB.userIdInIdp}`, `${BOB.extIdpId}:nobody`],
    sync_relation: [`${BOB.provider}:${BOB.userIdInIdp}`, `${BOB.provider}:nobody`],
  };
  for (const [userIdType, [key, unknown]] of Object.entries(keys)) {
    test(`finds a user by ${userIdType} and answers with its GenAuth id`, async () => {
      assert.deepEqual(idsOf(await users([key], { userIdType })), [BOB.userId]);
    });

    test(`leaves out what is not found by ${userIdType}`, async () => {
      assert.deepEqual(idsOf(await users([unknown, key], { userIdType })), [BOB.userId]);
      assert.deepEqual(await users([unknown], { userIdType }), []);
    });
  }

  test('finds users by custom_field as key:value', async () => {
    const found = await users(['school:Peking University'], { userIdType: 'custom_field', withCustomData: true });
    assert.ok(idsOf(found).includes(BOB.userId));
    assert.ok(found.every(({ customData }) => customData.school === 'Peking University'));
    assert.deepEqual(await users(['school:Nowhere'], { userIdType: 'custom_field' }), []);
  });

  test('finds by user_id when no userIdType is given', async () => {
    assert.deepEqual(idsOf(await users([BOB.userId])), [BOB.userId]);
  });

  test('finds by e-mail whatever the case, and answers the stored form', async () => {
    const [user] = await users([BOB.email.toUpperCase()], { userIdType: 'email' });
    assert.equal(user.email, BOB.email);
  });

  test('a user carries its facts with the types the SDK declares', async () => {
    const [user] = await users([BOB.userId]);
    for (const name of ['username', 'email', 'phone', 'phoneCountryCode', 'externalId']) {
      assert.equal(user[name], BOB[name], name);
    }
    for (const name of ['createdAt', 'updatedAt']) {
      assert.match(user[name], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, name);
    }
    assert.ok(['Activated', 'Suspended', 'Deactivated', 'Resigned', 'Archived'].includes(user.status));
    assert.ok(['Active', 'Closed'].includes(user.workStatus));
    assert.ok(['M', 'F', 'U'].includes(user.gender));
    assert.ok(['excel', 'register', 'adminCreated', 'sync'].includes(user.userSourceType));
    assert.deepEqual([typeof user.emailVerified, typeof user.phoneVerified], ['boolean', 'boolean']);
    assert.ok(!Object.values(user).includes(null), 'an unset field must be left out');
  });

  test('withCustomData, withIdentities and withDepartmentIds are off unless asked for', async () => {
    const [user] = await users([BOB.userId]);
    for (const name of ['customData', 'identities', 'departmentIds', 'school']) assert.ok(!user[name], name);
  });

  test('withCustomData adds the custom data as an object', async () => {
    const [user] = await users([BOB.userId], { withCustomData: true });
    assert.deepEqual(user.customData, BOB.customData);
  });

  test('flatCustomData puts the custom fields beside the profile, never over it', async () => {
    const [plain] = await users([BOB.userId]);
    const [flat] = await users([BOB.userId], { withCustomData: true, flatCustomData: true });
    assert.equal(flat.school, BOB.customData.school);
    assert.equal(flat.age, BOB.customData.age);
    for (const [name, value] of Object.entries(plain)) assert.deepEqual(flat[name], value, name);
  });

  test('withIdentities adds the identities as an array, without their tokens', async () => {
    const [{ identities }] = await users([BOB.userId], { withIdentities: true });
    const identity = identities.find(({ extIdpId }) => extIdpId === BOB.extIdpId);
    assert.equal(identity.provider, BOB.provider);
    assert.equal(identity.userIdInIdp, BOB.userIdInIdp);
    assert.ok(identity.identityId && identity.type);
    assert.ok(Array.isArray(identity.originConnIds));
    assert.equal(typeof identity.userInfoInIdp, 'object');
    assert.ok(identities.every((one) => !('accessToken' in one) && !('refreshToken' in one)));
  });

  test('withDepartmentIds adds the department ids as an array', async () => {
    const [user] = await users([BOB.userId], { withDepartmentIds: true });
    assert.deepEqual(user.departmentIds, BOB.departmentIds);
  });

  test('all options together give each what it gives alone', async () => {
    const options = { withCustomData: true, withIdentities: true, withDepartmentIds: true };
    const [together] = await users([BOB.userId], options);
    for (const name of Object.keys(options)) {
      const [alone] = await users([BOB.userId], { [name]: true });
      for (const [member, value] of Object.entries(alone)) assert.deepEqual(together[member], value, member);
    }
  });

  test('asked-for lists and objects are there even when a user has none', async () => {
    const mails = await avepointMails(50);
    const options = { userIdType: 'email', withCustomData: true, withIdentities: true, withDepartmentIds: true };
    for (const user of await users(mails, options)) {
      assert.equal(typeof user.customData, 'object');
      assert.ok(Array.isArray(user.identities) && Array.isArray(user.departmentIds));
    }
  });

  test('50 users are found in the order asked, by e-mail and then by id', async () => {
    const mails = await avepointMails(50);
    const byMail = await users(mails, { userIdType: 'email' });
    assert.deepEqual(byMail.map(({ email }) => email), mails.map((mail) => mail.toLowerCase()));
    const backwards = idsOf(byMail).reverse();
    assert.deepEqual(idsOf(await users(backwards)), backwards);
  });

  test('a repeated id gives its user once, at its first place', async () => {
    const [mail] = (await avepointMails(2)).filter((address) => address !== BOB.email);
    const asked = [mail, BOB.email, mail, BOB.email];
    const found = await users(asked, { userIdType: 'email' });
    assert.deepEqual(found.map(({ email }) => email), [mail.toLowerCase(), BOB.email]);
  });

  test('50 unknown ids give an empty list', async () => {
    assert.deepEqual(await users(Array.from({ length: 50 }, (_, n) => miss(n))), []);
  });

  test('51 ids are refused with statusCode 400', async () => {
    const userIds = Array.from({ length: 51 }, (_, n) => miss(n));
    assertRefused(await client.getUserBatch({ userIds }), { statusCode: 400 });
  });

  test('an empty list is refused with statusCode 400, although the SDK signs a parameter it does not send', async () => {
    assertRefused(await client.getUserBatch({ userIds: [] }), { statusCode: 400 });
  });

  test('an unknown userIdType is refused with statusCode 400', async () => {
    const answer = await client.getUserBatch({ userIds: [BOB.userId], userIdType: 'shoe_size' });
    assertRefused(answer, { statusCode: 400 });
  });

  const oddIds = [
    '张三 a&b=c/d', 'x:y$z', 'a+b@example.com', '100%', '%2B', '[x]', '"quoted"', "it's", '\\', '#?;', '😀', ' ',
  ];
  for (const odd of oddIds) {
    test(`the signature holds with ${JSON.stringify(odd)} among the ids`, async () => {
      assert.deepEqual(idsOf(await users([odd, BOB.username], { userIdType: 'username' })), [BOB.userId]);
    });
  }

  test('a comma inside one id of an array does not split it', async () => {
    assert.deepEqual(await users([`${BOB.userId},${miss(1)}`]), []);
  });
});

describe('authing-node-sdk 4.0.1 signature', () => {
  let recorder;
  before(async () => {
    client = clientFor();
    recorder = await startRecorder();
  });
  after(() => recorder.stop());

  /** A fresh, accepted request of the SDK as it went over the wire. */
  async function recorded() {
    const answer = await clientFor({ host: recorder.host }).getUserBatch({ userIds: [BOB.userId] });
    assert.equal(answer.statusCode, 200, JSON.stringify(answer));
    return recorder.recorded.at(-1);
  }

  async function resend(request) {
    const { status, body } = await send(request);
    assert.equal(status, 200, 'the vendor answers refusals with HTTP 200');
    return JSON.parse(body);
  }

  const withHeader = (request, name, change) => ({
    ...request,
    rawHeaders: request.rawHeaders.map((text, at, all) =>
      at % 2 === 1 && all[at - 1].toLowerCase() === name ? change(text) : text,
    ),
  });

  test('a wrong secret is refused with apiCode 1300', async () => {
    const answer = await clientFor({ accessKeySecret: 'f'.repeat(32) }).getUserBatch({ userIds: [BOB.userId] });
    assertRefused(answer, { statusCode: 401, apiCode: 1300 });
  });

  test('an unknown access key is refused with statusCode 401', async () => {
    const answer = await clientFor({ accessKeyId: miss(2) }).getUserBatch({ userIds: [BOB.userId] });
    assertRefused(answer, { statusCode: 401 });
  });

  test('a recorded request sent again is refused with apiCode 1306', async () => {
    const answer = await resend(await recorded());
    assertRefused(answer, { apiCode: 1306 });
  });

  test('a request whose ids were changed on the way is refused with apiCode 1300', async () => {
    const request = await recorded();
    const path = request.path.replace(BOB.userId, miss(3));
    assert.notEqual(path, request.path);
    assertRefused(await resend({ ...request, path }), { statusCode: 401, apiCode: 1300 });
  });

  test('a request with a fresh nonce put in is refused with apiCode 1300', async () => {
    const request = await recorded();
    const changed = withHeader(request, 'x-authing-signature-nonce', (nonce) => [...nonce].reverse().join(''));
    assertRefused(await resend(changed), { statusCode: 401, apiCode: 1300 });
  });

  test('a request signed an hour ago is refused with apiCode 1305', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
    const answer = await client.getUserBatch({ userIds: [BOB.userId] });
    assertRefused(answer, { apiCode: 1305 });
  });

  test('a request signed by a clock five minutes off is accepted', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() - 300_000 });
    const answer = await client.getUserBatch({ userIds: [BOB.userId] });
    assert.equal(answer.statusCode, 200, JSON.stringify(answer));
  });

  test('a request without any Authorization is refused with statusCode 401', async () => {
    const request = await recorded();
    const at = request.rawHeaders.findIndex((text) => text.toLowerCase() === 'authorization');
    const rawHeaders = request.rawHeaders.toSpliced(at, 2);
    assertRefused(await resend({ ...request, rawHeaders }), { statusCode: 401, apiCode: 2020 });
  });
});
