// A model of four bits in one memory: its tensors as the file has them, the adapter, and room for the numbers of a pass.
// T rows of K numbers lie one after another in a Float32Array.

const MOST = 256;     // tokens in a pass, and in a text that is written
const START = 16;     // bytes kept free: to matmul, address 0 means "no bias"
const BLOCK = 32;     // numbers in a block of packed weights (kernels.ts)
const BYTES = { Q4_1: 20, Q8_0: 34 };

const align = (bytes) => (bytes + 15) & ~15;

const word = new Uint32Array(1);
const number = new Float32Array(word.buffer);

// A float16 from its bits, as in kernels.ts.
export function half(bits) {
  word[0] = (bits & 0x7fff) << 13;
  return bits & 0x8000 ? -number[0] * 2 ** 112 : number[0] * 2 ** 112;
}

// Claim the memory for a model that is still to come. manifest: files.py; kernels, matmul: the bytes of the two modules
// -> a model; put(at, bytes) fills it. Throws a RangeError where there is not so much memory.
export function makeStore({ config, tensors, size, special }, { kernels, matmul }) {
  let end = START + align(size);
  const claim = (bytes) => {
    const address = end;
    end += align(bytes);
    return address;
  };
  const adapters = Object.fromEntries(Object.entries(tensors).filter(([, { type }]) => type === "F16")
    .map(([name, { shape: [N, K] }]) => [name, claim(4 * N * K)]));
  const widest = MOST * Math.max(config.d_ff, config.n_heads * config.d_head, config.d_model);
  const room = { input: claim(4 * widest), shorts: claim(2 * widest), scales: claim(4 * widest / BLOCK),
    sums: claim(4 * widest / BLOCK), output: claim(4 * Math.max(widest, config.vocab_size)) };
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
  const run = (wasm) => new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } }).exports;
  return { config: { ...config, max_len: Math.min(MOST, config.max_len) }, tensors, special, adapters, ...room,
    ...run(kernels), ...run(matmul), memory: memory.buffer,
    put: (at, bytes) => new Uint8Array(memory.buffer, START + at, bytes.length).set(bytes) };
}

// The adapter travels in 16 bits a number and is computed with in 32.
export function openAdapter(model) {
  for (const [name, address] of Object.entries(model.adapters)) {
    const { shape: [N, K], at } = model.tensors[name];
    const bits = new Uint16Array(model.memory, START + at, N * K);
    const floats = new Float32Array(model.memory, address, N * K);
    for (let i = 0; i < floats.length; i++) floats[i] = half(bits[i]);
  }
}

// A vector's numbers where they lie.
export function vector(model, name) {
  const { shape: [N], at } = model.tensors[name];
  return new Float32Array(model.memory, START + at, N);
}

// Row i of a matrix in Q8_0: an embedding.
export function embedding(model, name, i) {
  const { shape: [, K], at } = model.tensors[name];
  const row = new DataView(model.memory, START + at + i * K / BLOCK * BYTES.Q8_0);
  const out = new Float32Array(K);
  for (let block = 0, byte = 0; block < K; block += BLOCK) {
    const scale = half(row.getUint16(byte, true));
    byte += 2;
    for (let k = block; k < block + BLOCK; k++) out[k] = scale * row.getInt8(byte++);
  }
  return out;
}

// x (T, K) times the packed matrix, (N, K) -> (T, N) where the products were put, good until the next one
function packedProduct(model, x, name) {
  const { type, shape: [N, K], at } = model.tensors[name];
  const { input, shorts, scales, sums, output } = model;
  const T = x.length / K;
  new Float32Array(model.memory, input, x.length).set(x);
  model.round(input, shorts, scales, sums, T, K);
  if (type === "Q4_1") model.multiplyFour(shorts, scales, sums, START + at, output, T, N, K);
  else model.multiplyEight(shorts, scales, START + at, output, T, N, K);
  return new Float32Array(model.memory, output, T * N);
}

function adapterProduct(model, x, name) {
  const { shape: [N, K] } = model.tensors[name];
  const T = x.length / K;
  new Float32Array(model.memory, model.input, x.length).set(x);
  model.matmul(model.input, model.adapters[name], 0, model.output, T, N, K);
  return new Float32Array(model.memory, model.output, T * N);
}

// nn.Linear without a bias: x (T, K) -> x W^T (T, N); with the adapter, + B(Ax) (Hu et al. 2021; its scale is in B)
export function linear(model, x, name, adapted) {
  const out = packedProduct(model, x, name).slice();
  if (!adapted || !(`${name}.B` in model.adapters)) return out;
  const narrow = adapterProduct(model, x, `${name}.A`).slice(); // (T, r)
  const added = adapterProduct(model, narrow, `${name}.B`);
  for (let i = 0; i < out.length; i++) out[i] += added[i];
  return out;
}
