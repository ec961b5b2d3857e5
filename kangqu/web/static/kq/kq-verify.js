/* Kangqu: verify a resident's code without a network, with the city's public keys (GET /api/v1/code-keys) and the
   list of revoked handles (GET /api/v1/code-revocations). The same words as the server's kernel/people/codes.

   kqVerify.open(published, revocations).then(function (reader) { return reader.read(text, new Date()); })
     → {word, handle, issuedAt, key, use}; word "unable" when this browser cannot check the key's algorithm.
   Handles are 12 hexadecimal digits. */
(function (root) {
  "use strict";
  var ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
  var WEIGHTS = [1, 3, 5, 7, 9, 11, 13, 15, 17, 21, 23, 25, 27, 29, 31, 33, 35, 37];
  var LENGTH = 117, DIGITS = 115, BYTES = 75, HEAD = 11;
  var EPOCH = Date.UTC(2025, 0, 1);
  var CONTEXT = [107, 97, 110, 103, 113, 117, 32, 99, 111, 100, 101, 0]; // "kangqu code\0"
  var HALF_ORDER = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";

  function hex(bytes) {
    var out = "";
    for (var i = 0; i < bytes.length; i++) out += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
    return out;
  }

  /* The 75 bytes of a code, or the word that says why there are none. */
  function bytesOf(text) {
    if (typeof text !== "string" || text.length !== LENGTH || text[0] !== "R") return "unreadable";
    var bytes = new Uint8Array(BYTES), sum = 0, i, j, value, carry;
    var values = [];
    for (i = 1; i < LENGTH; i++) {
      value = ALPHABET.indexOf(text[i]);
      if (value < 0) return "unreadable";
      values.push(value);
    }
    for (i = 0; i < DIGITS; i++) sum += values[i] * WEIGHTS[i % 18];
    if (sum % 38 !== values[DIGITS]) return "altered";
    for (i = 0; i < DIGITS; i++) {
      carry = values[i];
      for (j = BYTES - 1; j >= 0; j--) {
        carry += bytes[j] * 38;
        bytes[j] = carry & 255;
        carry >>= 8;
      }
      if (carry) return "unreadable";
    }
    return bytes;
  }

  function unpack(packed) {
    var handles = {}, data = atob(packed || ""), i, j, handle;
    for (i = 0; i + 6 <= data.length; i += 6) {
      handle = [];
      for (j = 0; j < 6; j++) handle.push(data.charCodeAt(i + j));
      handles[hex(handle)] = true;
    }
    return handles;
  }

  function importKey(jwk) {
    var shape = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, ext: true };
    if (jwk.y) shape.y = jwk.y;
    var how = jwk.alg === "ES256" ? { name: "ECDSA", namedCurve: "P-256" } : jwk.alg === "EdDSA" ? { name: "Ed25519" } : null;
    var subtle = root.crypto && root.crypto.subtle;
    if (!how || !subtle) return Promise.resolve(null);
    return subtle.importKey("jwk", shape, how, false, ["verify"]).catch(function () { return null; });
  }

  function Reader(limits, keys, revoked, suspended) {
    this.limits = limits;
    this.keys = keys;
    this.revoked = revoked;
    this.suspended = suspended;
  }

  /* What to believe of a scanned text at the instant `at`. Never rejects. */
  Reader.prototype.read = function (text, at) {
    var bytes = bytesOf(text), self = this;
    if (typeof bytes === "string") return Promise.resolve({ word: bytes });
    var head = bytes.slice(0, HEAD), signature = bytes.slice(HEAD);
    var seconds = ((head[7] * 256 + head[8]) * 256 + head[9]) * 256 + head[10];
    var told = { word: "forged", handle: hex(head.slice(1, 7)), issuedAt: new Date(EPOCH + seconds * 1000), key: head[0] };
    var key = this.keys[head[0]];
    if (!key) return Promise.resolve(told);
    if (!key.imported) {
      told.word = "unable";
      return Promise.resolve(told);
    }
    if (key.alg === "ES256" && hex(signature.slice(32)) > HALF_ORDER) return Promise.resolve(told);
    var message = new Uint8Array(CONTEXT.length + HEAD);
    message.set(CONTEXT);
    message.set(head, CONTEXT.length);
    var how = key.alg === "ES256" ? { name: "ECDSA", hash: "SHA-256" } : { name: "Ed25519" };
    return root.crypto.subtle.verify(how, key.imported, signature, message).catch(function () { return false; }).then(function (good) {
      if (good) {
        told.use = key.use;
        told.word = self.judge(key, told, at.getTime());
      }
      return told;
    });
  };

  Reader.prototype.judge = function (key, told, at) {
    var issued = told.issuedAt.getTime(), limits = this.limits;
    if ((key.withdrawn !== null && at >= key.withdrawn) || issued <= key.from - 1000 || issued >= key.until) return "retired";
    if (issued > at + limits.early_seconds * 1000) return "early";
    if (at - issued > (key.use === "paper" ? limits.paper_valid_seconds : limits.valid_seconds) * 1000) return "expired";
    if (this.revoked[told.handle]) return "revoked";
    return this.suspended[told.handle] ? "suspended" : "genuine";
  };

  function open(published, revocations) {
    var keys = {}, lists = revocations || {};
    return Promise.all(published.keys.map(function (jwk) {
      return importKey(jwk).then(function (imported) {
        keys[+jwk.kid] = {
          imported: imported,
          alg: jwk.alg,
          use: jwk.kq_use,
          from: Date.parse(jwk.kq_signs_from),
          until: Date.parse(jwk.kq_signs_until),
          withdrawn: jwk.kq_withdrawn_at ? Date.parse(jwk.kq_withdrawn_at) : null
        };
      });
    })).then(function () {
      return new Reader(published.limits, keys, unpack(lists.revoked), unpack(lists.suspended));
    });
  }

  root.kqVerify = { open: open, bytesOf: bytesOf };
})(typeof self !== "undefined" ? self : this);
