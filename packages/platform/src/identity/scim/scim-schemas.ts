import { groupSchemaId, listSchemaId, maxResults, userSchemaId } from './scim.rules.js';

/** What the service can do, its kinds of resources and their attributes, as a directory asks for them (RFC 7643 §5–7). */
const attribute = (name: string, type: string, more: object = {}) => ({
  name,
  type,
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
});

const schemas = [
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: userSchemaId,
    name: 'User',
    description: 'A user of Slipway',
    attributes: [
      attribute('userName', 'string', { required: true, uniqueness: 'server' }),
      attribute('displayName', 'string'),
      attribute('name', 'complex', {
        subAttributes: [
          attribute('formatted', 'string'),
          attribute('givenName', 'string'),
          attribute('familyName', 'string'),
        ],
      }),
      attribute('emails', 'complex', {
        multiValued: true,
        subAttributes: [attribute('value', 'string'), attribute('type', 'string'), attribute('primary', 'boolean')],
      }),
      attribute('active', 'boolean'),
      attribute('groups', 'complex', {
        multiValued: true,
        mutability: 'readOnly',
        subAttributes: [attribute('value', 'string'), attribute('display', 'string')],
      }),
    ],
  },
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: groupSchemaId,
    name: 'Group',
    description: 'A group of users, which roles can be given to',
    attributes: [
      attribute('displayName', 'string', { required: true, uniqueness: 'server' }),
      attribute('members', 'complex', {
        multiValued: true,
        subAttributes: [
          attribute('value', 'string', { mutability: 'immutable' }),
          attribute('display', 'string', { mutability: 'readOnly' }),
        ],
      }),
    ],
  },
];

const resourceTypes = [
  { id: 'User', name: 'User', endpoint: '/Users', schema: userSchemaId },
  { id: 'Group', name: 'Group', endpoint: '/Groups', schema: groupSchemaId },
].map((type) => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'], ...type }));

const serviceProviderConfig = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer',
      description: 'A SCIM token that an administrator has made',
      primary: true,
    },
  ],
};

/** The document at a path of discovery; undefined for any other. */
export function findDiscovery(kind: string, id: string | undefined): object | undefined {
  if (kind === 'ServiceProviderConfig') return id === undefined ? serviceProviderConfig : undefined;
  const all: readonly { id: string }[] | undefined =
    kind === 'Schemas' ? schemas : kind === 'ResourceTypes' ? resourceTypes : undefined;
  if (!all || id !== undefined) return all?.find((item) => item.id === id);
  const paging = { totalResults: all.length, startIndex: 1, itemsPerPage: all.length };
  return { schemas: [listSchemaId], ...paging, Resources: all };
}
