// Writes data/protobuf.json, the field numbers of every schema in data/schemas.json, from the published Go modules:
//   node scripts/generate-protobuf.mjs DIRECTORY ...
// with one directory for each of the modules k8s.io/{api,apimachinery,apiextensions-apiserver,kube-aggregator,metrics} of the
// version that is served, in this order: `go mod download -json k8s.io/api@v0.36.0` tells where it put one.
// A field is [name in JSON, 'value' | 'pointer' | 'list' | 'map' | 'inline', type]; an inline field's members belong to the message itself.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const modules = ['api', 'apimachinery', 'apiextensions-apiserver', 'kube-aggregator', 'metrics'];
const directories = process.argv.slice(2);
if (directories.length !== modules.length) throw new Error(`give the directories of ${modules.join(', ')}`);
const schemas = JSON.parse(readFileSync(new URL('../data/schemas.json', import.meta.url), 'utf8'));
const scalars = { string: 's', bytes: 'y', int32: 'i', int64: 'i', uint32: 'i', uint64: 'i', bool: 'b', double: 'd' };

function directoryOf(name) {
  const index = modules.findIndex((module) => name.startsWith(`io.k8s.${module}.`));
  if (index < 0) return undefined;
  return join(directories[index], name.slice(`io.k8s.${modules[index]}.`.length).replaceAll('.', '/'));
}

const protos = new Map();
function packageOf(directory, name) {
  if (!protos.has(name)) {
    const file = join(directory, 'generated.proto');
    const types = ['types.go', 'intstr.go', 'quantity.go', 'micro_time.go', 'time.go', 'types_jsonschema.go'].map(
      (each) => join(directory, each),
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
const queue = Object.keys(schemas).filter((name) => directoryOf(name) !== undefined);
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
  const pointers = new Set([...struct.matchAll(/^\s+\w+\s+\*[\w.]+\s+`json:"([^",]+)/gm)].map((each) => each[1]));
  // Names differ where JSON's hold what an identifier cannot ($ref, x-kubernetes-...); the number in the tag joins them.
  const names = new Map(
    [...struct.matchAll(/json:"([^",]*)[^"]*"[^`\n]* protobuf:"[^,"]+,(\d+)/g)].map((each) => [each[2], each[1]]),
  );
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
    if (map) fields[map[3]] = [names.get(map[3]) || map[2], 'map', resolve(map[1])];
    const field = /^\s*(optional|repeated|required) ([\w.]+) (\w+) = (\d+)/.exec(line);
    if (!field) continue;
    const given = names.get(field[4]);
    const name = given === '-' ? field[3] : given || field[3];
    const isInline = given === '' && field[3] !== 'typeMeta';
    const kind = field[1] === 'repeated' ? 'list' : pointers.has(name) ? 'pointer' : isInline ? 'inline' : 'value';
    fields[field[4]] = [name, kind, resolve(field[2])];
  }
  out[full] = fields;
}
const lines = Object.keys(out)
  .sort()
  .map((name) => `${JSON.stringify(name)}: ${JSON.stringify(out[name])}`);
writeFileSync(new URL('../data/protobuf.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
