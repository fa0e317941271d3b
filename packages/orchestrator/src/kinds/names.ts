const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const label1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const underscored = /^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/;
const wildcard = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualified = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const configKey = /^[-._a-zA-Z0-9]+$/;
const urlPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

const none: readonly string[] = [];
const qualifiedText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const label1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const wildcardText =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const underscoredText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const configKeyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** Judges a value: what is wrong with it, in the API's own words. */
export type NameProblems = (value: string) => readonly string[];

const longerThan = (value: string, most: number) => value.length > most;
const tooManyCharacters = (most: number) => `must be no more than ${most} characters`;
const tooManyBytes = (most: number) => `must be no more than ${most} bytes`;

function judge(value: string, most: number, pattern: RegExp, text: string): readonly string[] {
  const isLong = longerThan(value, most);
  if (pattern.test(value)) return isLong ? [tooManyCharacters(most)] : none;
  return isLong ? [tooManyCharacters(most), text] : [text];
}

export const labelProblems: NameProblems = (value) => {
  const problems = judge(value, 63, label, labelText);
  if (problems === none || !subdomain.test(value) || label.test(value)) return problems;
  return [...problems.slice(0, -1), 'must not contain dots'];
};

export const label1035Problems: NameProblems = (value) => judge(value, 63, label1035, label1035Text);
export const subdomainProblems: NameProblems = (value) => judge(value, 253, subdomain, subdomainText);
/** A subdomain whose parts may have underscores: what DNS searches. */
export const searchProblems: NameProblems = (value) => judge(value, 253, underscored, underscoredText);
export const wildcardProblems: NameProblems = (value) => judge(value, 253, wildcard, wildcardText);

/** A host, or `*.` and a host. */
export const hostProblems: NameProblems = (value) =>
  value.includes('*') ? wildcardProblems(value) : subdomainProblems(value);

/** A name that can be one step of a path. */
export const pathProblems: NameProblems = (value) => {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  if (!value.includes('/') && !value.includes('%')) return none;
  return ['/', '%'].filter((each) => value.includes(each)).map((each) => `may not contain '${each}'`);
};

/** The key of a label: a name, or a domain, a slash and a name. */
export const qualifiedNameProblems: NameProblems = (value) => {
  const slash = value.indexOf('/');
  if (slash >= 0 && value.includes('/', slash + 1))
    return [
      `a valid label key ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const name = slash < 0 ? value : value.slice(slash + 1);
  const isGood = name.length <= 63 && qualified.test(name);
  if (slash < 0 && isGood) return none;
  const problems: string[] = [];
  if (slash === 0) problems.push('prefix part must be non-empty');
  else if (slash > 0)
    for (const problem of subdomainProblems(value.slice(0, slash))) problems.push(`prefix part ${problem}`);
  if (isGood) return problems;
  if (name === '') problems.push('name part must be non-empty');
  else if (longerThan(name, 63)) problems.push(`name part ${tooManyBytes(63)}`);
  if (!qualified.test(name)) problems.push(`name part ${qualifiedText}`);
  return problems;
};

export const labelValueProblems: NameProblems = (value) => {
  const isWrong = value !== '' && !qualified.test(value);
  if (!isWrong && value.length <= 63) return none;
  const problems = longerThan(value, 63) ? [tooManyBytes(63)] : [];
  if (isWrong) problems.push(labelValueText);
  return problems;
};

export const configKeyProblems: NameProblems = (value) => {
  const problems = judge(value, 253, configKey, configKeyText);
  if (!value.startsWith('.')) return problems;
  if (value === '.' || value === '..') return [...problems, `must not be '${value}'`];
  return value.startsWith('..') ? [...problems, "must not start with '..'"] : problems;
};

/** `acme.io/foo`: a domain, a slash, a path. */
export const domainPathProblems: NameProblems = (value) => {
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const problems = [...subdomainProblems(value.slice(0, slash))];
  if (!urlPath.test(value.slice(slash + 1)))
    problems.push(`Invalid path (regex used for validation is '${urlPath.source.slice(1, -1).replace('\\/', '/')}')`);
  return problems;
};

const first = (problemsOf: NameProblems) => (value: string) => problemsOf(value)[0];

/** Each returns the first thing that is wrong with the value, or undefined. */
export const labelProblem: (value: string) => string | undefined = first(labelProblems);
export const label1035Problem: (value: string) => string | undefined = first(label1035Problems);
export const subdomainProblem: (value: string) => string | undefined = first(subdomainProblems);
export const qualifiedNameProblem: (value: string) => string | undefined = first(qualifiedNameProblems);
export const labelValueProblem: (value: string) => string | undefined = first(labelValueProblems);
export const domainPathProblem: (value: string) => string | undefined = first(domainPathProblems);
