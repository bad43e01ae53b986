import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COLLECTOR, TREVORMIL } from '../demo.mjs';
import { fetchUsers, pagesAreWhole, unusedAddress } from './clients.mjs';

const VIEWS = {
  latestActivity: { array: 'activity', type: 'Activity', atLeast: 120 },
  badgesCollected: { array: 'collected', type: 'Balances', atLeast: 30 },
  latestAnnouncements: { array: 'announcements', type: 'Announcements', atLeast: 1 },
  latestReviews: { array: 'reviews', type: 'Reviews', atLeast: 1 },
};
const ARRAYS = ['collected', 'activity', 'announcements', 'reviews', 'merkleChallenges', 'approvalsTrackers'];
const DECIMAL = /^-?\d+$/;

async function account(entry) {
  const { status, body } = await fetchUsers([entry]);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.accounts.length, 1);
  return body.accounts[0];
}

/** Follows a view as the tutorial says: bookmark "" first, then the one the last answer gave. */
async function pageToTheEnd(viewKey) {
  const pages = [];
  const documents = [];
  let bookmark = '';
  do {
    assert.ok(pages.length < 200, `${viewKey} does not end`);
    const answer = await account({ username: COLLECTOR.username, viewsToFetch: [{ viewKey, bookmark }] });
    pages.push(answer.views[viewKey]);
    documents.push(...answer[VIEWS[viewKey].array]);
    ({ bookmark } = pages.at(-1).pagination);
  } while (pages.at(-1).pagination.hasMore);
  return { pages, documents };
}

describe('POST /api/v0/user/batch as the documentation shows it', () => {
  for (const [viewKey, { type, atLeast }] of Object.entries(VIEWS)) {
    test(`${viewKey} pages to its end by viewKey: each id once, its document beside it`, async () => {
      const { pages, documents } = await pageToTheEnd(viewKey);
      const ids = pagesAreWhole(assert, pages);
      assert.ok(ids.length >= atLeast, `${viewKey} has only ${ids.length} entries`);
      assert.deepEqual(documents.map(({ _id }) => _id), ids);
      assert.ok(pages.every((page) => page.type === type));
    });
  }

  for (const viewKey of ['latestActivity', 'latestAnnouncements', 'latestReviews']) {
    test(`${viewKey} comes oldest first, its times as decimal strings`, async () => {
      const { documents } = await pageToTheEnd(viewKey);
      assert.ok(documents.every(({ timestamp, block }) => DECIMAL.test(timestamp) && DECIMAL.test(block)));
      const times = documents.map(({ timestamp }) => BigInt(timestamp));
      assert.ok(times.every((time, at) => at === 0 || times[at - 1] <= time));
    });
  }

  test('an empty page has the bookmark "nil" and no more', async () => {
    const viewsToFetch = Object.keys(VIEWS).map((viewKey) => ({ viewKey, bookmark: '' }));
    const { views } = await account({ address: unusedAddress(5), viewsToFetch });
    for (const [viewKey, { type }] of Object.entries(VIEWS)) {
      assert.deepEqual(views[viewKey], { ids: [], type, pagination: { bookmark: 'nil', hasMore: false } });
    }
  });

  test('a full account is written as in the sample: decimal strings, seenActivity a number, _id empty', async () => {
    const shown = await account({ username: TREVORMIL.username, fetchSequence: true, fetchBalance: true });
    assert.equal(shown._id, '');
    assert.equal(typeof shown.seenActivity, 'number');
    assert.equal(shown.discord, TREVORMIL.discord);
    assert.equal(shown.address, TREVORMIL.address);
    assert.equal(shown.cosmosAddress, TREVORMIL.cosmosAddress);
    assert.equal(shown.chain, 'Ethereum');
    assert.match(shown.sequence, DECIMAL);
    assert.match(shown.accountNumber, DECIMAL);
    assert.match(shown.balance.amount, DECIMAL);
    assert.equal(shown.balance.denom, 'badge');
    assert.equal(typeof shown.airdropped, 'boolean');
    assert.ok(!Object.values(shown).includes(null), 'a member without a value must be left out');
  });

  test('without views every list is there and empty, and views is an empty object', async () => {
    const shown = await account({ username: TREVORMIL.username });
    for (const name of ARRAYS) assert.deepEqual(shown[name], [], name);
    assert.deepEqual(shown.views, {});
  });

  test('sequence is left out of an unknown account unless asked for, and then "0"', async () => {
    const address = unusedAddress(4);
    assert.ok(!('sequence' in (await account({ address }))));
    assert.equal((await account({ address, fetchSequence: true })).sequence, '0');
  });

  test('an unknown valid address gives a blank account with its Cosmos address', async () => {
    const shown = await account({ address: unusedAddress(0) });
    assert.equal(shown.accountNumber, '-1');
    assert.equal(shown.publicKey, '');
    assert.match(shown.cosmosAddress, /^cosmos1[02-9ac-hj-np-z]{38}$/);
    assert.ok(!('username' in shown));
  });

  test('an entry with neither address nor username is skipped, the username wins over an address', async () => {
    const { body } = await fetchUsers([{}, { username: TREVORMIL.username, address: unusedAddress(6) }]);
    assert.deepEqual(body.accounts.map(({ address }) => address), [TREVORMIL.address]);
  });

  test('unknown members of an entry are ignored', async () => {
    const shown = await account({ username: TREVORMIL.username, fetchHideLists: true, colour: 'blue' });
    assert.equal(shown.address, TREVORMIL.address);
  });
});
