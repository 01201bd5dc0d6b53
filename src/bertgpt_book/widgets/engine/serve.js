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

// A loop: Uint8Array.from takes a second for a model.
export function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export async function unzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
