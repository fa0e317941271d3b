import { Controller, Inject } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { CONFIG, type Configuration } from '../config/config.js';
import { platformVersion } from '../version.js';
import { createDocument, listRoutes } from './openapi.js';
import { Route } from './route.js';

const tag = 'platform';

@Controller()
export class DocumentController {
  private document: object | undefined;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'issuerUrl'>,
  ) {}

  @Route({
    method: 'GET',
    path: '/openapi.json',
    permission: 'public',
    tag,
    summary: 'This document',
    answer: z.record(z.string(), z.unknown()),
  })
  getDocument() {
    this.document ??= createDocument(listRoutes(this.discovery), platformVersion);
    return this.document;
  }

  @Route({
    method: 'GET',
    path: '/version',
    permission: 'public',
    tag,
    summary: 'The version of the platform, and who signs its users in',
    answer: z
      .object({ name: z.string(), version: z.string(), issuer: z.url().meta({ description: 'The OpenID provider.' }) })
      .meta({ id: 'Version' }),
  })
  getVersion() {
    return { name: 'slipway', version: platformVersion, issuer: this.config.issuerUrl };
  }
}
