// What a worker answers: { call, method, args } comes in; { call, result } or { call, error } goes out.

// methodOf(name) -> the function of that name
export function serve(methodOf) {
  globalThis.onmessage = async ({ data: { call, method, args } }) => {
    try {
      postMessage({ call, result: await methodOf(method)(...args) });
    } catch (error) {
      postMessage({ call, error: error.message });
    }
  };
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
