import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBitBadges, GatewayError } from '../src/index.js';
import { all, bitbadges, COLLECTOR, counting, TREVORMIL } from './demo.js';

const client = createBitBadges(bitbadges);

describe('BitBadges', () => {
  test('one account is found by username or address', async () => {
    assert.equal((await client.account({ address: TREVORMIL.address })).username, TREVORMIL.username);
    assert.equal((await client.account(COLLECTOR)).username, COLLECTOR.username);
  });

  test('more accounts than fit in a request come in their order', async () => {
    const { sent, fetch } = counting();
    const names = [TREVORMIL.username, COLLECTOR.username];
    const entries = Array.from({ length: 601 }, (_, n) => ({ username: names[n % 2] ?? '' }));
    const accounts = await createBitBadges({ ...bitbadges, fetch }).accounts(entries);
    assert.equal(sent.length, 3);
    assert.deepEqual(accounts.map(({ username }) => username), entries.map(({ username }) => username));
  });

  test('a walk returns each transfer once, newest first, over several pages', async () => {
    const { sent, fetch } = counting();
    const transfers = await all(createBitBadges({ ...bitbadges, fetch }).activity(COLLECTOR));
    assert.ok(sent.length > 2, `${sent.length} pages`);
    assert.equal(new Set(transfers.map(({ _docId }) => _docId)).size, transfers.length);
    const times = transfers.map(({ timestamp }) => Number(timestamp));
    assert.deepEqual(times, times.toSorted((a, b) => b - a));
    const fromTheOldest = await all(client.activity(COLLECTOR, { oldestFirst: true }));
    assert.deepEqual(fromTheOldest.map(({ _docId }) => _docId), transfers.map(({ _docId }) => _docId).reverse());
  });

  test('a walk may be left early, which saves the other pages', async () => {
    const { sent, fetch } = counting();
    for await (const holding of createBitBadges({ ...bitbadges, fetch }).collected(COLLECTOR)) {
      assert.match(holding.collectionId, /^\d+$/);
      break;
    }
    assert.equal(sent.length, 1);
  });

  test('a walk is limited to collections', async () => {
    const [first] = await all(client.collected(COLLECTOR));
    assert.ok(first);
    const collections = [first.collectionId];
    const holdings = await all(client.collected(COLLECTOR, { collections }));
    assert.deepEqual(holdings.map(({ collectionId }) => collectionId), collections);
    assert.deepEqual(await all(client.collected(COLLECTOR, { collections: [] })), []);
  });

  test('each list of documents is of its own kind', async () => {
    const announcements = await all(client.announcements(COLLECTOR));
    assert.ok(announcements.length > 25 && announcements.every(({ announcement }) => announcement));
    const reviews = await all(client.reviews(COLLECTOR));
    assert.ok(reviews.length > 25 && reviews.every(({ stars }) => /^\d$/.test(stars)));
  });

  test('views of several accounts are walked together', async () => {
    const { sent, fetch } = counting();
    const view = (viewType: 'transferActivity' | 'badgesCollected') => ({ viewId: viewType, viewType, bookmark: '' });
    const entries = [
      { address: TREVORMIL.address, viewsToFetch: [view('badgesCollected')] },
      {},
      { ...COLLECTOR, viewsToFetch: [view('transferActivity'), view('badgesCollected')] },
    ];
    const ids = { transferActivity: 0, badgesCollected: 0 };
    for await (const page of createBitBadges({ ...bitbadges, fetch }).pages(entries)) {
      if (page.username !== COLLECTOR.username) continue;
      ids.transferActivity += page.views['transferActivity']?.ids.length ?? 0;
      ids.badgesCollected += page.views['badgesCollected']?.ids.length ?? 0;
    }
    assert.equal(ids.transferActivity, (await all(client.activity(COLLECTOR))).length);
    assert.equal(ids.badgesCollected, (await all(client.collected(COLLECTOR))).length);
    const longest = Math.max(ids.transferActivity, ids.badgesCollected);
    assert.equal(sent.length, Math.ceil(longest / 25));
  });

  test('a wrong key is an error that says so', async () => {
    const walk = createBitBadges({ ...bitbadges, apiKey: 'wrong' }).activity(COLLECTOR);
    await assert.rejects(all(walk), (error) => {
      assert.ok(error instanceof GatewayError);
      assert.equal(error.status, 401);
      assert.match(error.message, /x-api-key|API key/i);
      assert.match(error.requestId ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(error.retryAfter, undefined);
      return true;
    });
  });

  test('a call ends when its caller says so', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(client.account(COLLECTOR, { signal }), /enough/);
  });
});
