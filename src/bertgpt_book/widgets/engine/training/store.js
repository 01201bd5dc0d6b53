// One memory for all numbers of a model that learns, which the kernels read and write.
//
// A room is { at, data }: its address in bytes, and a view of its numbers. A parameter is a room with a name, a shape
// and `grad`, the room of its gradient.

const PAGES = 640; // 40 MB, of which a browser uses what is touched

// wasm: the bytes of kernels.wasm; normal: () -> a number from the standard normal distribution
export function makeStore(wasm, normal) {
  const memory = new WebAssembly.Memory({ initial: PAGES });
  const { exports: kernels } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } });
  const parameters = [];
  let end = 16; // address 0 means "nothing"

  function room(length, View = Float32Array) {
    const at = end;
    end = (end + 4 * length + 15) & ~15;
    return { at, data: new View(memory.buffer, at, length) };
  }

  // One parameter, or several of the same shape that lie one behind another; fill: the first value of each number
  function parameter(names, shape, fill) {
    const length = shape.reduce((a, b) => a * b);
    const [all, grad] = [room(names.length * length), room(names.length * length)];
    const part = ({ at, data }, i) => ({ at: at + 4 * i * length, data: data.subarray(i * length, (i + 1) * length) });
    names.forEach((name, i) => parameters.push({ name, shape, ...part(all, i), grad: part(grad, i) }));
    for (let i = 0; i < all.data.length; i++) all.data[i] = fill();
    return { ...all, grad };
  }

  // out (K, width) = the transpose of x (N, K), whose rows lie `row` apart; columns of out from N on are left alone
  const floats = new Float32Array(memory.buffer);
  function transpose(x, row, N, K, out, width = N) {
    for (let n = 0, from = x / 4; n < N; n++, from += row) {
      for (let k = 0, to = out / 4 + n; k < K; k++, to += width) floats[to] = floats[from + k];
    }
  }

  return { kernels, parameters, normal, room, parameter, transpose };
}
