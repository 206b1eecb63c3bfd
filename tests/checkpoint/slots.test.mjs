/**
 * slots.test.mjs - what is kept of a run survives every cut, tear and reordering of its writes: the old record or the
 * new one, never a mixture.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from '../../web/core/sources/crc32.js';
import { filePlace, makeRecord, readRecord, Slots } from '../../web/core/slots.js';

const SECTOR = 512;

/** Numbers that look random, the same each time. @param {number} length @param {number} seed */
function noise(length, seed) {
  let x = (seed * 2654435761) >>> 0 || 1;
  return Uint8Array.from({ length }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x & 255;
  });
}

/**
 * A file of which only what was flushed is sure to be there after a loss of power: the rest may be, sector by sector.
 */
class Disk {
  sure = new Uint8Array();
  /** Since the last flush. @type {({ at: number, bytes: Uint8Array } | { size: number })[]} */
  open = [];
  flushes = 0;
  /** Throws in the middle of the next write, after so many bytes. */
  full = Infinity;

  /** @param {Uint8Array} from @param {Disk['open']} changes */
  static apply(from, changes) {
    for (const change of changes) {
      const to = 'size' in change ? change.size : Math.max(from.length, change.at + change.bytes.length),
        next = new Uint8Array(to);
      next.set(from.subarray(0, to));
      if ('bytes' in change) next.set(change.bytes, change.at);
      from = next;
    }
    return from;
  }

  get now() {
    return Disk.apply(this.sure, this.open);
  }
  getSize() {
    return this.now.length;
  }
  read(/** @type {Uint8Array} */ to, { at = 0 }) {
    const part = this.now.subarray(at, at + to.length);
    to.set(part);
    return part.length;
  }
  write(/** @type {Uint8Array} */ from, { at = 0 }) {
    const most = Math.min(from.length, this.full);
    for (let i = 0; i < most; i += SECTOR)
      this.open.push({ at: at + i, bytes: from.slice(i, Math.min(i + SECTOR, most)) });
    if (most < from.length) throw new DOMException('no room', 'QuotaExceededError');
    return most;
  }
  truncate(/** @type {number} */ size) {
    this.open.push({ size });
  }
  flush() {
    this.flushes++;
    this.sure = this.now;
    this.open = [];
  }
}

/**
 * The two files as a loss of power may leave them: every subset of the sectors, in both orders, and the writing cut at
 * every byte.
 * @param {Disk} disk
 */
function* crashes(disk) {
  const { sure, open } = disk;
  for (let set = 0; set < 1 << open.length; set++) {
    const some = open.filter((_, i) => (set >> i) & 1);
    yield Disk.apply(sure, some);
    yield Disk.apply(sure, some.reverse());
  }
  for (const [i, change] of open.entries())
    if ('bytes' in change)
      for (let cut = 1; cut < change.bytes.length; cut++) {
        const torn = { at: change.at, bytes: change.bytes.subarray(0, cut) };
        yield Disk.apply(sure, [...open.slice(0, i), torn]);
        yield Disk.apply(sure, [...open.slice(0, i), ...open.slice(i + 1), torn]);
      }
}

/** @param {Uint8Array[]} contents */
const slotsOf = (contents) => new Slots(/** @type {any} */ (contents.map((bytes) => ({ read: async () => bytes }))));
const same = (/** @type {Uint8Array | null} */ a, /** @type {Uint8Array} */ b) => !!a && Buffer.compare(a, b) === 0;

test("the checksum is zlib's CRC-32", () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
});

for (const [from, to] of [
  [1500, 1500],
  [1500, 300],
  [300, 1500],
  [0, 700],
  [1500, 1501],
])
  test(`torn and reordered writes, ${from} bytes replaced by ${to}: the old record or the new one`, async () => {
    const disks = [new Disk(), new Disk()],
      slots = new Slots([filePlace(disks[0]), filePlace(disks[1])]);
    const [first, second, third] = [noise(from, 1), noise(900, 2), noise(to, 3)];
    await slots.save(first.length ? first : noise(10, 9));
    await slots.save(second);
    // The third takes the first one's place; its flush does not come.
    const target = disks.findIndex((d) =>
      same(readRecord(d.sure)?.payload ?? null, first.length ? first : noise(10, 9)),
    );
    const flush = disks[target].flush;
    disks[target].flush = () => {
      throw new Error('power is lost');
    };
    await assert.rejects(slots.save(third), /power/);
    let olds = 0,
      news = 0;
    for (const left of crashes(disks[target])) {
      const contents = target ? [disks[0].sure, left] : [left, disks[1].sure];
      const found = await slotsOf(contents).load();
      if (same(found, third)) news++;
      else if (same(found, second)) olds++;
      else assert.fail(`neither: ${found?.length} bytes`);
    }
    assert.ok(olds > 20 && news > 0, `${olds} old, ${news} new`);
    // Flushed it is the new one, whatever happens; and writing goes on from what a crash has left.
    disks[target].open = [];
    disks[target].flush = flush;
    await slots.save(third);
    assert.ok(same(await slotsOf(disks.map((d) => d.sure)).load(), third));
    assert.ok(same(readRecord(disks[1 - target].sure)?.payload ?? null, second), 'the older one is still there');
    const again = new Slots([filePlace(disks[0]), filePlace(disks[1])]);
    await again.save(first);
    assert.ok(
      same(readRecord(disks[target].sure)?.payload ?? null, third),
      'the newest is not the one that is written over',
    );
  });

test('each byte of a record counts: changed, cut, or with another number, it is none', () => {
  const record = makeRecord(7, noise(200, 5));
  assert.deepEqual(readRecord(record)?.number, 7);
  assert.deepEqual(readRecord(makeRecord(8, new Uint8Array())), { number: 8, payload: new Uint8Array() });
  assert.ok(
    same(readRecord(Buffer.concat([record, noise(50, 6)]))?.payload ?? null, noise(200, 5)),
    'what lies behind it does not',
  );
  for (let i = 0; i < record.length; i++) {
    for (const bit of [1, 128]) {
      const other = record.slice();
      other[i] ^= bit;
      assert.equal(readRecord(other), null, `byte ${i}`);
    }
    assert.equal(readRecord(record.subarray(0, i)), null, `${i} bytes`);
  }
  // Wrong values in the head, with a correct checksum.
  for (const [at, value] of [
    [8, 0],
    [8, -1],
    [8, 1.5],
    [8, NaN],
    [8, 2 ** 53],
    [16, -1],
    [16, 0.5],
    [16, NaN],
    [16, 201],
    [16, 1e300],
  ]) {
    const odd = record.slice(),
      head = new DataView(odd.buffer);
    head.setFloat64(at, value, true);
    head.setUint32(4, crc32(odd.subarray(8)), true);
    assert.equal(readRecord(odd), null, `${value} at ${at}`);
  }
});

test('a disk that is full: the newest stays, and the next attempt may succeed', async () => {
  const disks = [new Disk(), new Disk()],
    slots = new Slots([filePlace(disks[0]), filePlace(disks[1])]);
  const payloads = [1, 2, 3, 4].map((i) => noise(2000, i));
  await slots.save(payloads[0]);
  await slots.save(payloads[1]);
  for (const full of [0, 10, 600, 1999]) {
    for (const d of disks) d.full = full;
    await assert.rejects(slots.save(payloads[2]), { name: 'QuotaExceededError' });
    assert.ok(same(await slotsOf(disks.map((d) => d.now)).load(), payloads[1]), `full after ${full} bytes`);
  }
  for (const d of disks) d.full = Infinity;
  await slots.save(payloads[3]);
  assert.ok(same(await slotsOf(disks.map((d) => d.sure)).load(), payloads[3]));
  // One that writes less than it was given, and says nothing else.
  const short = filePlace({
    getSize: () => 0,
    read: () => 0,
    write: (from) => from.length - 1,
    truncate() {},
    flush() {},
  });
  await assert.rejects(short.write(payloads[0]), { name: 'QuotaExceededError' });
});

test('a place that cannot be read is not taken for an empty one', async () => {
  let written = false;
  const broken = {
    read: () => Promise.reject(new DOMException('locked', 'NoModificationAllowedError')),
    write: async () => {
      written = true;
    },
  };
  const slots = new Slots([
    broken,
    {
      read: async () => new Uint8Array(),
      write: async () => {
        written = true;
      },
    },
  ]);
  await assert.rejects(slots.load(), /locked/);
  await assert.rejects(slots.save(noise(5, 1)), /locked/);
  assert.equal(written, false);
});

test('cleared: nothing is found, and nothing of it is left in either place', async () => {
  const disks = [new Disk(), new Disk()],
    slots = new Slots([filePlace(disks[0]), filePlace(disks[1])]);
  for (let i = 1; i < 4; i++) await slots.save(noise(3000, i));
  await slots.clear();
  assert.equal(await slotsOf(disks.map((d) => d.sure)).load(), null);
  assert.ok(
    disks.every((d) => d.sure.length < 100),
    'both are short',
  );
  await slots.save(noise(20, 4));
  assert.ok(same(await slotsOf(disks.map((d) => d.sure)).load(), noise(20, 4)));
});
