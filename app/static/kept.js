// What a page keeps on the telephone until there is a network: rows under ids of their own, and the token they are sent with.
"use strict";

const kept = {
  // Without https there is no randomUUID.
  newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  },

  // One row a thing, with its `id` and the `address` of the page it belongs to; photos as bytes, which every browser keeps.
  box(database, table) {
    const open = () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(database, 1);
        request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: "id" });
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const store = async (mode, act) => {
      const opened = await open();
      return new Promise((resolve, reject) => {
        const turn = opened.transaction(table, mode);
        const request = act(turn.objectStore(table));
        turn.oncomplete = () => resolve(request.result);
        turn.onabort = turn.onerror = () => reject(turn.error);
      }).finally(() => opened.close());
    };
    return {
      put: (row) => store("readwrite", (rows) => rows.put(row)),
      drop: (id) => store("readwrite", (rows) => rows.delete(id)),
      // Puts `next` in the place of a row, or drops it, unless the row was changed meanwhile.
      settle: (row, next) =>
        store("readwrite", (rows) => {
          const reading = rows.get(row.id);
          reading.onsuccess = () => {
            if (JSON.stringify(reading.result) !== JSON.stringify(row)) return;
            if (next) rows.put(next);
            else rows.delete(row.id);
          };
          return reading;
        }),
      one: (id) => store("readonly", (rows) => rows.get(id)),
      of: async (address) => (await store("readonly", (rows) => rows.getAll())).filter((row) => row.address === address),
    };
  },

  // Null when somebody has to sign in first.
  async token(address) {
    const stop = AbortSignal.timeout ? AbortSignal.timeout(8000) : undefined;
    const answer = await fetch(`${address}/token`, { redirect: "manual", cache: "no-store", signal: stop });
    if (answer.type === "opaqueredirect") return null;
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  },
};
