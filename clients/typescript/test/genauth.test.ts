import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createGenAuth, GatewayError } from '../src/index.js';
import { BOB, counting, genauth } from './demo.js';

const byToken = createGenAuth(genauth);
const bySignature = createGenAuth({ ...genauth, signed: true });

for (const [name, client] of Object.entries({ 'GenAuth by token': byToken, 'GenAuth by signature': bySignature })) {
  describe(name, () => {
    test('users are found by any kind of id, with what is asked for', async () => {
      assert.deepEqual((await client.users([BOB.userId])).map(({ username }) => username), [BOB.username]);
      const [bob] = await client.users([BOB.email], { userIdType: 'email', withCustomData: true });
      assert.deepEqual(bob?.customData, BOB.customData);
    });

    test('an id with a comma or odd characters is one id', async () => {
      for (const odd of ['nobody,bob', 'a+b c&d=e', '张三', '"quoted"', '[x]', '100%']) {
        assert.deepEqual(await client.users([odd], { userIdType: 'username' }), [], odd);
        assert.equal((await client.users([odd, 'bob'], { userIdType: 'username' })).length, 1, odd);
      }
    });

    test('an unknown kind of id is an error', async () => {
      // @ts-expect-error: there is no such kind.
      const users = client.users([BOB.userId], { userIdType: 'shoe_size' });
      await assert.rejects(users, { name: 'GatewayError', status: 400, message: /userIdType/ });
    });
  });
}

describe('GenAuth', () => {
  test('more ids than fit in a request are sent in several, and each user returned once in order', async () => {
    const { sent, fetch } = counting();
    const nobody = (from: number) => Array.from({ length: 60 }, (_, n) => `nobody-${from + n}`);
    const ids = [...nobody(0), 'bob', ...nobody(60), 'bob'];
    const users = await createGenAuth({ ...genauth, fetch }).users(ids, { userIdType: 'username' });
    assert.deepEqual(users.map(({ userId }) => userId), [BOB.userId]);
    assert.equal(sent.length, 1 + 3, 'a token and the batches');
    assert.deepEqual(await byToken.users([]), []);
  });

  test('a refusal with HTTP 200 is an error with the code of the vendor', async () => {
    const wrong = { ...genauth, accessKeySecret: 'wrong' };
    for (const client of [createGenAuth(wrong), createGenAuth({ ...wrong, signed: true })]) {
      await assert.rejects(client.users([BOB.userId]), (error) => {
        assert.ok(error instanceof GatewayError);
        assert.deepEqual([error.status, error.code], [401, 1300]);
        assert.ok(error.message && error.requestId);
        return true;
      });
    }
    const byRubbish = createGenAuth({ baseUrl: genauth.baseUrl, token: 'rubbish' });
    await assert.rejects(byRubbish.users([BOB.userId]), { status: 401, code: 2020 });
  });
});
