/** A registry, and who asks it: a user with a personal token. */
interface RegistryUser {
  readonly apiUrl: string;
  readonly username: string;
  readonly token: string;
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

interface Manifest {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string }[];
}

/** Takes an image over into another repository of the same registry, without moving a byte of its layers; gives its new name. */
export async function copyImage(user: RegistryUser, image: string, to: string): Promise<string> {
  const [, host, from, reference] = /^([^/]+)\/([^@]+?)(?:@|:(?=[^/]*$))(.+)$/.exec(image) ?? [];
  if (!host || !from || !reference) throw new Error(`${image} is no image of a registry`);
  const basic = Buffer.from(`${user.username}:${user.token}`).toString('base64');
  const scopes = `scope=repository:${from}:pull&scope=repository:${to}:pull,push`;
  const granted = await fetch(`${user.apiUrl}/service/token?service=slipway-registry&${scopes}`, {
    headers: { authorization: `Basic ${basic}` },
  });
  const { token } = (await granted.json()) as { token: string };
  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: Buffer) => {
    const answer = await fetch(`${user.apiUrl}/v2/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      body: body && new Uint8Array(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const take = async (name: string): Promise<void> => {
    const answer = await send('GET', `${from}/manifests/${name}`, { accept: manifestTypes });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString()) as Manifest;
    for (const { digest } of manifests) await take(digest);
    for (const { digest } of [...(config ? [config] : []), ...layers])
      await send('POST', `${to}/blobs/uploads/?mount=${digest}&from=${from}`);
    const type = answer.headers.get('content-type') ?? '';
    await send('PUT', `${to}/manifests/${name}`, { 'content-type': type }, bytes);
  };
  await take(reference);
  return `${host}/${to}${reference.includes(':') ? '@' : ':'}${reference}`;
}
