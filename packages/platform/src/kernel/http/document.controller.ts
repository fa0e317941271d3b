import { Controller, Inject } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { platformVersion } from '../version.js';
import { createDocument, listRoutes } from './openapi.js';
import { Route } from './route.js';

const tag = 'platform';

@Controller()
export class DocumentController {
  private document: object | undefined;

  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

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
    summary: 'The version of the platform',
    answer: z.object({ name: z.string(), version: z.string() }).meta({ id: 'Version' }),
  })
  getVersion() {
    return { name: 'slipway', version: platformVersion };
  }
}
