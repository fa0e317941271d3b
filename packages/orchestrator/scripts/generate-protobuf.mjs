// Writes data/protobuf.json, the field numbers of every schema in data/schemas.json, from the published Go modules:
//   node scripts/generate-protobuf.mjs DIRECTORY_OF_k8s.io/api DIRECTORY_OF_k8s.io/apimachinery
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [api, machinery] = process.argv.slice(2);
const schemas = JSON.parse(readFileSync(new URL('../data/schemas.json', import.meta.url), 'utf8'));
const scalars = { string: 's', bytes: 'y', int32: 'i', int64: 'i', uint32: 'i', uint64: 'i', bool: 'b', double: 'd' };

function directoryOf(name) {
  const match = /^io\.k8s\.(api|apimachinery)\.(.+)$/.exec(name);
  return match && join(match[1] === 'api' ? api : machinery, match[2].replaceAll('.', '/'));
}

const protos = new Map();
function packageOf(directory, name) {
  if (!protos.has(name)) {
    const file = join(directory, 'generated.proto');
    const types = ['types.go', 'intstr.go', 'quantity.go', 'micro_time.go', 'time.go'].map((each) =>
      join(directory, each),
    );
    protos.set(name, {
      proto: existsSync(file) ? readFileSync(file, 'utf8') : '',
      go: types
        .filter(existsSync)
        .map((each) => readFileSync(each, 'utf8'))
        .join('\n'),
    });
  }
  return protos.get(name);
}

const out = {};
const queue = Object.keys(schemas).filter((name) => /^io\.k8s\.(api|apimachinery)\./.test(name));
queue.push('io.k8s.apimachinery.pkg.runtime.Unknown');
while (queue.length > 0) {
  const full = queue.pop();
  if (out[full]) continue;
  const at = full.lastIndexOf('.');
  const scope = full.slice(0, at);
  const directory = directoryOf(scope);
  if (!directory) continue;
  const { proto, go } = packageOf(directory, scope);
  const message = new RegExp(`^message ${full.slice(at + 1)} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(proto)?.[1];
  if (message === undefined) continue;
  const struct = new RegExp(`^type ${full.slice(at + 1)} struct \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(go)?.[1] ?? '';
  const pointers = new Set([...struct.matchAll(/^\s+\w+\s+\*[\w.]+\s+`json:"(\w+)/gm)].map((each) => each[1]));
  const resolve = (type) => {
    if (scalars[type]) return scalars[type];
    const target = type.startsWith('.')
      ? `io.${type.slice(1)}`
      : type.includes('.')
        ? type.replace(/^\.?k8s\.io/, 'io.k8s')
        : `${scope}.${type}`;
    const known = target.replace(/^io\.k8s\.io/, 'io.k8s');
    queue.push(known);
    return known;
  };
  const fields = {};
  for (const line of message.split('\n')) {
    const map = /^\s*map<string, ([\w.]+)> (\w+) = (\d+)/.exec(line);
    if (map) fields[map[3]] = [map[2], 'map', resolve(map[1])];
    const field = /^\s*(optional|repeated|required) ([\w.]+) (\w+) = (\d+)/.exec(line);
    if (!field) continue;
    const kind = field[1] === 'repeated' ? 'list' : pointers.has(field[3]) ? 'pointer' : 'value';
    fields[field[4]] = [field[3], kind, resolve(field[2])];
  }
  out[full] = fields;
}
const lines = Object.keys(out)
  .sort()
  .map((name) => `${JSON.stringify(name)}: ${JSON.stringify(out[name])}`);
writeFileSync(new URL('../data/protobuf.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
