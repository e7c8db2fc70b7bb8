"use strict";
/* What is kept on this phone: the newest plan and what is not yet sent, encrypted with a key that cannot be read out.
   The key, like all the rest, is gone after Keep.wipe(). */
const Keep = (() => {
  const NAME = "titrant-diary";
  const STORES = ["keys", "outbox", "kept"];
  let opened = null;
  let key = null;

  function asked(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  function open() {
    if (!opened) {
      opened = new Promise((resolve, reject) => {
        const request = indexedDB.open(NAME, 1);
        request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    }
    return opened;
  }

  async function within(store, mode, act) {
    const base = await open();
    const transaction = base.transaction(store, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await act(transaction.objectStore(store));
    await done; // on disk, not only asked for
    return result;
  }

  async function theKey() {
    if (key) return key;
    key = await within("keys", "readonly", (store) => asked(store.get("aes")));
    if (!key) {
      const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      // Another tab may have been quicker: the first key that was stored is the one that holds.
      await within("keys", "readwrite", async (store) => {
        if (!(await asked(store.get("aes")))) store.put(made, "aes");
      });
      key = await within("keys", "readonly", (store) => asked(store.get("aes")));
    }
    return key;
  }

  async function sealed(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await theKey(), text) };
  }

  async function opened_up(box) {
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: box.iv }, await theKey(), box.data);
    return JSON.parse(new TextDecoder().decode(text));
  }

  async function put(store, name, value) {
    const box = await sealed(value);
    await within(store, "readwrite", (one) => asked(one.put(box, name)));
  }

  async function get(name) {
    const box = await within("kept", "readonly", (one) => asked(one.get(name)));
    return box ? opened_up(box) : null;
  }

  async function waiting() {
    const boxes = await within("outbox", "readonly", (one) => asked(one.getAll()));
    const found = await Promise.all(boxes.map(opened_up));
    return found.sort((a, b) => a.made - b.made);
  }

  async function wipe() {
    const base = await open();
    base.close();
    opened = key = null;
    await asked(indexedDB.deleteDatabase(NAME));
    localStorage.clear();
    if (window.caches) await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
    const workers = navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [];
    await Promise.all(workers.map((one) => one.unregister()));
  }

  /* Where the browser lends no safe place, entries live as long as the page, and the page says so. */
  function in_memory() {
    const kept = new Map();
    const outbox = new Map();
    return {
      works: false,
      put: async (name, value) => { kept.set(name, value); },
      get: async (name) => kept.get(name) || null,
      drop: async (name) => { kept.delete(name); },
      add: async (item) => { outbox.set(item.id, item); },
      remove: async (id) => { outbox.delete(id); },
      waiting: async () => [...outbox.values()].sort((a, b) => a.made - b.made),
      wipe: async () => { kept.clear(); outbox.clear(); },
    };
  }

  const own = {
    works: true,
    put: (name, value) => put("kept", name, value),
    get,
    drop: (name) => within("kept", "readwrite", (one) => asked(one.delete(name))),
    add: (item) => put("outbox", item.id, item),
    remove: (id) => within("outbox", "readwrite", (one) => asked(one.delete(id))),
    waiting,
    wipe,
  };

  async function begin() {
    try {
      await theKey();
    } catch {
      Object.assign(own, in_memory());
    }
  }

  return Object.assign(own, { begin });
})();
