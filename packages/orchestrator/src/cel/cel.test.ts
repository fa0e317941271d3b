import { describe, expect, it } from 'vitest';
import { type JsonObject } from '../kinds/json.js';
import { Schema } from '../kinds/schema.js';
import { celEnvironment, compileCel, toJson, typeOfSchema, types } from './index.js';

const any = celEnvironment({ variables: { self: types.dyn, oldSelf: types.dyn } });

function run(expression: string, self: unknown = {}): unknown {
  return toJson(compileCel(expression, any).evaluate({ self }));
}

/** Each line is true, or says what it gives. */
const trueLines = `
1 + 2 * 3 == 7
-7 / 2 == -3 && -7 % 2 == -1
9223372036854775807 > 0 && -9223372036854775808 < 0
0x1F == 31 && 5u + 3u == 8u && 1.5e3 == 1500.0
1 < 1.5 && 2u > 1 && 1.0 <= 1
dyn(1) == 1.0 && dyn(1u) == 1
'a' + "b" == 'ab' && r'\\d' == '\\\\d' && '''x'y''' == "x'y"
b'abc' == bytes('abc') && string(b'abc') == 'abc' && b'\\xff' != b'\\xfe'
'\\u00e9\\x41\\101' == 'éAA'
[1, 2] + [3] == [1, 2, 3] && 2 in [1, 2] && !(4 in [1, 2])
{'a': 1}['a'] == 1 && 'a' in {'a': 1} && {1: 'x'}[1] == 'x'
size('héllo') == 5 && '🎉'.size() == 1 && [1].size() == 1 && size({}) == 0
true ? 1 == 1 : 1 / 0 == 1
true || 1 / 0 == 1
1 / 0 == 1 || true
!(false && 1 / 0 == 1) && !(1 / 0 == 1 && false)
type(1) == int && type('a') == string && type([]) == list && type({}) == map && type(null) == null_type
type(type(1)) == type && type(1.0) == double && type(duration('1s')) == google.protobuf.Duration
has({'a': {'b': 1}}.a) && has(self.x) == false
[1, 2, 3].all(x, x > 0) && [1, 2].exists(x, x == 2) && [1, 2, 2].exists_one(x, x == 1)
[1, 2, 3].map(x, x * 2) == [2, 4, 6] && [1, 2, 3].map(x, x > 1, x * 2) == [4, 6]
[1, 2, 3].filter(x, x > 1) == [2, 3] && {'a': 1, 'b': 2}.filter(k, k == 'a') == ['a']
[0, 2].exists(x, 4 / x == 2) && ![0, 2].all(x, 4 / x == 3)
[[1, 2], [3]].map(xs, xs.map(x, x + xs.size())) == [[3, 4], [4]]
{'a': 1}.all(k, v, k == 'a' && v == 1) && [5, 6].exists(i, v, i == 1 && v == 6)
[5, 6].existsOne(i, v, i == 0 && v == 5)
['a', 'b'].transformList(i, v, v + string(i)) == ['a0', 'b1'] && [1, 2].transformList(i, v, i > 0, v) == [2]
{'a': 1}.transformMap(k, v, v + 1) == {'a': 2} && {'a': 1, 'b': 2}.transformMap(k, v, v > 1, v) == {'b': 2}
['x'].transformMapEntry(i, v, {v: i}) == {'x': 0}
cel.bind(x, 2, x * x) == 4
optional.of(1).hasValue() && !optional.none().hasValue() && optional.of(1).value() == 1
optional.none().orValue(3) == 3 && optional.of(1).or(optional.of(2)).value() == 1 && optional.ofNonZeroValue('').orValue('x') == 'x'
self.?a.b.orValue('none') == 'none' && {'a': {'b': 'y'}}.?a.b == optional.of('y')
[1, 2][?5].orValue(9) == 9 && {'a': 1}[?'a'].value() == 1 && [?optional.none(), 1] == [1]
{?'a': optional.none(), 'b': 1} == {'b': 1}
optional.of(2).optMap(x, x + 1).value() == 3 && optional.of(2).optFlatMap(x, optional.none()) == optional.none()
int('42') == 42 && int(3.9) == 3 && int('-5') == -5 && double('1.5') == 1.5 && uint(3) == 3u && bool('true')
string(1) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(1e25) == '1e+25' && string(2.0) == '2'
timestamp('2024-01-02T03:04:05.678Z').getHours() == 3 && timestamp('2024-01-02T03:04:05Z').getMonth() == 0
timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')
timestamp('2024-03-10T12:00:00Z').getHours('America/New_York') == 8 && timestamp('2024-01-01T00:00:00Z').getHours('-01:00') == 23
timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h') && duration('90m').getHours() == 1
timestamp('2024-12-31T00:00:00Z').getDayOfYear() == 365 && timestamp('2023-01-01T00:00:00Z').getDayOfWeek() == 0
string(timestamp('2024-01-02T03:04:05.1Z')) == '2024-01-02T03:04:05.1Z' && string(duration('1h30m')) == '5400s'
timestamp(0) < timestamp('2024-01-01T00:00:00Z') && int(timestamp('1970-01-01T00:01:00Z')) == 60
'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.matches('^a.c$') && matches('x', 'x')
'tacocat'.charAt(3) == 'o' && 'hello mellow'.indexOf('ello', 2) == 7 && 'hello mellow'.lastIndexOf('ello') == 7
'hello'.lastIndexOf('l') == 3 && 'hello'.indexOf('z') == -1 && 'hello'.indexOf('') == 0
['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab' && 'TacoCat'.lowerAscii() == 'tacocat' && 'aÉ'.upperAscii() == 'AÉ'
'hello hello'.replace('he', 'we') == 'wello wello' && 'hello hello'.replace('he', 'we', 1) == 'wello hello' && 'ab'.replace('', '_') == '_a_b_'
'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'abc'.split('') == ['a', 'b', 'c'] && 'a'.split(',', 0) == []
'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco' && '  x \\n'.trim() == 'x'
'%s is %d, %.2f %x %X %o %b %e %%'.format(['a', 5, 1.5, 255, 255, 8, 5, 1234.5]) == 'a is 5, 1.50 ff FF 10 101 1.234500e+03 %'
'%s %s'.format([[dyn(1), 'a'], {'b': true}]) == '[1, a] {b: true}'
strings.quote('a"b') == '"a\\\\"b"' && 'abc'.reverse() == 'cba'
[1, 2, 3].isSorted() && ![2, 1].isSorted() && [1, 2].sum() == 3 && [1.5].sum() == 1.5 && [3, 1].min() == 1 && ['a', 'b'].max() == 'b'
['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2 && [duration('1s'), duration('2s')].sum() == duration('3s')
'abc 123'.find('[0-9]+') == '123' && 'abc'.find('z') == '' && '1 2 3'.findAll('[0-9]') == ['1', '2', '3'] && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']
sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2])
url('https://user@example.com:8080/a b?x=1&x=2').getHost() == 'example.com:8080' && url('https://example.com:8080/').getPort() == '8080'
url('https://[::1]:80/').getHostname() == '::1' && url('/path').getScheme() == '' && url('https://e.com/a b').getEscapedPath() == '/a%20b'
url('https://e.com/?k=a&k=b').getQuery()['k'] == ['a', 'b'] && isURL('https://e.com') && !isURL('../x') && !isURL('x')
ip('127.0.0.1').isLoopback() && ip('::1').family() == 6 && isIP('10.0.0.1') && !isIP('10.0.0.01') && !isIP('::ffff:1.2.3.4')
ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD') && string(ip('2001:db8:0:0::1')) == '2001:db8::1'
ip('10.0.0.1').isGlobalUnicast() && ip('0.0.0.0').isUnspecified() && ip('224.0.0.1').isLinkLocalMulticast() && ip('fe80::1').isLinkLocalUnicast()
cidr('192.168.0.0/24').containsIP('192.168.0.1') && cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && !cidr('192.168.0.0/24').containsIP('192.168.1.1')
cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24') && cidr('192.168.0.5/16').masked() == cidr('192.168.0.0/16') && cidr('10.0.0.0/8').prefixLength() == 8
isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && string(cidr('::1/128')) == '::1/128' && cidr('10.0.0.1/8').ip() == ip('10.0.0.1')
quantity('1.5Gi').isGreaterThan(quantity('1Gi')) && quantity('500m') == quantity('0.5') && isQuantity('10Mi') && !isQuantity('10Q')
quantity('1k').asInteger() == 1000 && quantity('1').add(1).compareTo(quantity('2')) == 0 && quantity('50k').sub(quantity('10k')).asApproximateFloat() == 40000.0
quantity('-1').sign() == -1 && quantity('0.5').isInteger() == false
semver('1.2.3').isGreaterThan(semver('1.2.3-rc.1')) && semver('v1.02', true).minor() == 2 && !isSemver('v1.0') && isSemver('v1.0', true)
semver('1.0.0+x').compareTo(semver('1.0.0')) == 0 && semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta'))
!format.dns1123Label().validate('my-label').hasValue() && format.dns1123Label().validate('My').value().size() == 1
!format.named('nope').hasValue() && format.named('uuid').value().validate('x').hasValue() && !format.date().validate('2021-01-01').hasValue()
!format.uri().validate('https://x.y').hasValue() && format.byte().validate('?').hasValue() && !format.dns1123LabelPrefix().validate('my-').hasValue()
// a comment
  1 == 1 // another
`;

describe('expressions', () => {
  const lines = trueLines.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('//'));
  it.each(lines)('%s', (line) => {
    expect(run(line)).toBe(true);
  });
});

describe('errors while running', () => {
  it.each([
    ['1 / 0 == 1', 'division by zero'],
    ['9223372036854775807 + 1 == 0', 'integer overflow'],
    ['self.missing == 1', 'no such key: missing'],
    ['[1][3] == 1', 'index out of bounds: 3'],
    ["self == 1 || self.x == 'a'", 'no such key: x'],
    ["'a'.matches('(')", 'missing closing )'],
    ["'a'.matches('(?=a)')", 'invalid or unsupported Perl syntax'],
    ["int('x') == 1", 'type conversion error'],
    ["quantity('x').sign() == 0", 'quantities must match'],
    ['[].min() == 1', 'min called on empty list'],
    ["dyn('a') + dyn(1) == dyn('b')", 'no such overload'],
    ["timestamp('2024-02-31T00:00:00Z') == timestamp(0)", 'cannot parse'],
  ])('%s: %s', (expression, message) => {
    expect(() => run(expression)).toThrow(message);
  });
});

const typed: JsonObject = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    name: { type: 'string', maxLength: 10 },
    port: { 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    items: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['key'],
      items: { type: 'object', properties: { key: { type: 'string' }, value: { type: 'string' } } },
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    until: { type: 'string', format: 'date-time' },
    wait: { type: 'string', format: 'duration' },
    data: { type: 'string', format: 'byte' },
    'a-b.c': { type: 'string' },
    namespace: { type: 'string' },
    template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const schema = new Schema(typed, typed, undefined);
const self = typeOfSchema(schema, true) ?? types.dyn;
const environment = celEnvironment({ variables: { self, oldSelf: self } });

describe('typed variables', () => {
  const value: JsonObject = {
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name: 'n' },
    replicas: 3,
    port: '80%',
    tags: ['a', 'b'],
    items: [
      { key: 'x', value: '1' },
      { key: 'y', value: '2' },
    ],
    labels: { 'a/b': 'c' },
    until: '2024-01-01T00:00:00Z',
    wait: '90s',
    data: 'YWJj',
    'a-b.c': 'odd',
    namespace: 'ns',
    template: { apiVersion: 'v2', kind: 'Y', metadata: { name: 't' } },
  };
  it.each([
    'self.replicas == 3 && self.metadata.name == "n" && self.kind == "X"',
    'type(self.port) == string && self.port.endsWith("%")',
    'self.tags == ["b", "a"] && self.tags + ["b", "c"] == ["a", "b", "c"]',
    'self.items == oldSelf.items && self.items.exists(i, i.key == "x")',
    'self.labels["a/b"] == "c" && self.until < timestamp("2025-01-01T00:00:00Z") && self.wait == duration("1m30s")',
    'self.data == b"abc" && self.a__dash__b__dot__c == "odd" && self.__namespace__ == "ns"',
    'self.template.kind == "Y" && !has(self.name) && has(self.replicas)',
    'size(self.items + oldSelf.items) == 2',
    'self == self && self != oldSelf',
  ])('%s', (expression) => {
    const old = { ...value, replicas: 2, items: [...(Array.isArray(value.items) ? value.items : [])].reverse() };
    expect(compileCel(expression, environment).evaluate({ self: value, oldSelf: old })).toBe(true);
  });

  it.each([
    ['self.nope == 1', "ERROR: <input>:1:5: undefined field 'nope'\n | self.nope == 1\n | ....^"],
    ['other == 1', "ERROR: <input>:1:1: undeclared reference to 'other' (in container '')\n | other == 1\n | ^"],
    [
      'self.replicas == "a"',
      "ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(int, string)'\n | self.replicas == \"a\"\n | ..............^",
    ],
    ['self.replicas.size() == 1', "found no matching overload for 'size' applied to 'int.()'"],
    ['self.replicas.x', "type 'int' does not support field selection"],
    ['nope(1)', "undeclared reference to 'nope' (in container '')"],
    ['[1, "a"]', "expected type 'int' but found 'string'"],
    ['self.replicas.all(x, true)', "expression of type 'int' cannot be range of a comprehension"],
    ['has(self)', 'invalid argument to has() macro'],
    ['1 +', "Syntax error: mismatched input '<EOF>'"],
    ['self.free.x == 1', "undefined field 'x'"],
    ['if == 1', 'reserved identifier: if'],
  ])('%s is refused', (expression, message) => {
    expect(() => compileCel(expression, environment)).toThrow(message);
  });
});
