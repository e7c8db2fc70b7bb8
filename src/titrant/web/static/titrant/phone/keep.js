"use strict";
/* What is kept on this phone: the newest plan and what is not yet sent, encrypted with a key that cannot be read out.
   The key, like all the rest, is gone after Keep.wipe(). A browser may take the store away at any time (iOS does so from
   pages in the background): it is opened again, and where that fails, entries live as long as the page, which says so. */
const Keep = (() => {
  const NAME = "titrant-diary";
  const STORES = ["keys", "outbox", "kept"];
  const PATIENCE = 4000; // milliseconds: a store that was lost may also never answer
  let shut = false; // another page wiped this phone, or gave it to somebody else: nothing is made anew from here
  let opened = null; // the connection with its own key: a box is only put where its key lies

  function asked(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  function soon(promise) {
    let timer = 0;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("no answer")), PATIENCE); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  async function connected() {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
    const base = await asked(request);
    base.onclose = () => { opened = null; };
    base.onversionchange = () => { base.close(); opened = null; }; // another page wipes this phone
    return { base, key: await the_key(base) };
  }

  /* Acts on the connection. One that failed is never used again. */
  async function tried(act) {
    if (shut) throw new Error("shut");
    const mine = opened = opened || connected();
    try {
      return await soon(mine.then(act));
    } catch (error) {
      if (opened === mine) opened = null;
      mine.then(({ base }) => base.close()).catch(() => {});
      throw error;
    }
  }

  async function within(base, store, mode, act) {
    const transaction = base.transaction(store, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
    done.catch(() => {}); // told once, by whichever comes first
    const result = await act(transaction.objectStore(store));
    await done; // on disk, not only asked for
    return result;
  }

  async function the_key(base) {
    const held = () => within(base, "keys", "readonly", (store) => asked(store.get("aes")));
    const found = await held();
    if (found) return found;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // Another tab may have been quicker: the first key that was stored is the one that holds.
    await within(base, "keys", "readwrite", async (store) => {
      if (!(await asked(store.get("aes")))) store.put(made, "aes");
    });
    return held();
  }

  async function sealed(key, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, text) };
  }

  async function opened_up(key, box) {
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: box.iv }, key, box.data);
    return JSON.parse(new TextDecoder().decode(text));
  }

  const in_order = (items) => items.sort((a, b) => a.made - b.made);

  async function put({ base, key }, store, name, value) {
    const box = await sealed(key, value);
    await within(base, store, "readwrite", (one) => asked(one.put(box, name)));
  }

  const drop = ({ base }, store, name) => within(base, store, "readwrite", (one) => asked(one.delete(name)));

  const disk = {
    put: (here, name, value) => put(here, "kept", name, value),
    async get({ base, key }, name) {
      const box = await within(base, "kept", "readonly", (one) => asked(one.get(name)));
      return box ? opened_up(key, box) : null;
    },
    drop: (here, name) => drop(here, "kept", name),
    add: (here, item) => put(here, "outbox", item.id, item),
    remove: (here, id) => drop(here, "outbox", id),
    async waiting({ base, key }) {
      const boxes = await within(base, "outbox", "readonly", (one) => asked(one.getAll()));
      return in_order(await Promise.all(boxes.map((box) => opened_up(key, box))));
    },
  };

  const kept = new Map();
  const outbox = new Map();
  const last = new Map(); // what waits on the disk, as it was seen last: a store that fails must not make it forgotten
  let changes = 0; // of the disk's outbox, by this page
  const memory = {
    put: async (name, value) => { kept.set(name, value); },
    get: async (name) => kept.get(name) || null,
    drop: async (name) => { kept.set(name, null); }, // so that it is dropped from the disk too, once that is back
    add: async (item) => { outbox.set(item.id, item); },
    remove: async (id) => { outbox.delete(id); last.delete(id); },
    waiting: async () => in_order([...outbox.values()]),
  };

  /* After an act on the disk. What was read while this page wrote there does not tell of what it wrote. */
  function seen(name, [one], got, before) {
    if (shut) return;
    if (name === "waiting") {
      if (before === changes) last.clear();
      got.filter(({ id }) => !last.has(id)).forEach((item) => last.set(item.id, item));
    } else if (name === "add") last.set(one.id, one);
    else if (name === "remove") last.delete(one);
    if (["add", "remove"].includes(name)) changes += 1;
  }

  /* From here on the page alone knows what is not yet sent. What it sends again counts once, under its one id. */
  function lost() {
    own.works = false;
    if (!shut) last.forEach((item, id) => { if (!outbox.has(id)) outbox.set(id, item); });
  }

  async function on_disk(name, given) {
    const before = changes;
    const act = (here) => disk[name](here, ...given);
    const got = await tried(act).catch(() => tried(act));
    seen(name, given, got, before);
    return got;
  }

  /* What is given is taken in any case. An act may be done twice: the same entry under its one id, so it counts once. */
  async function done(name, given) {
    if (own.works) {
      try { return await on_disk(name, given); } catch { lost(); }
    }
    return memory[name](...given);
  }

  const forget = () => [kept, outbox, last].forEach((held) => held.clear());

  function close() {
    const mine = opened;
    [shut, opened, own.works] = [true, null, false];
    forget();
    if (mine) mine.then(({ base }) => base.close()).catch(() => {});
  }

  const own = { works: true, begin, close, wipe };
  Object.keys(disk).forEach((name) => { own[name] = (...given) => done(name, given); });

  async function pour(held, act) {
    for (const [name, value] of held) {
      await tried((here) => act(here, name, value));
      if (held.get(name) === value) held.delete(name);
    }
  }

  async function poured(here, _, item) {
    await disk.add(here, item);
    seen("add", [item]);
  }

  /* Whether the store can be had, or can be had again: then what lived in the page meanwhile goes there. */
  async function begin() {
    try {
      do {
        await tried(async () => {});
        await pour(outbox, poured);
        await pour(kept, disk.put);
      } while (outbox.size || kept.size);
      own.works = true;
    } catch {
      lost();
    }
  }

  async function wipe() {
    const mine = opened;
    opened = null;
    forget();
    localStorage.clear();
    Tabs.tell("wiped");
    if (mine) await mine.then(({ base }) => base.close()).catch(() => {});
    if (window.caches) await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
    const workers = navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [];
    await Promise.all(workers.map((one) => one.unregister()));
    await soon(asked(indexedDB.deleteDatabase(NAME)));
  }

  return own;
})();
