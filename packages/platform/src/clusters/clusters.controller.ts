import { Controller } from '@nestjs/common';
import { Param, Route } from '../kernel/http/route.js';
import { pageQuerySchema } from '../kernel/http/schemas.js';
import { clusterAnswer, clusterPage } from './clusters.dto.js';
import { ClustersService } from './clusters.service.js';

const tag = 'clusters';

@Controller()
export class ClustersController {
  constructor(private readonly clusters: ClustersService) {}

  @Route({
    method: 'GET',
    path: '/clusters',
    permission: 'clusters:read',
    tag,
    summary: 'List the clusters with their nodes as they are now',
    query: pageQuerySchema,
    answer: clusterPage,
  })
  list() {
    return this.clusters.list();
  }

  @Route({
    method: 'GET',
    path: '/clusters/:cluster',
    permission: 'clusters:read',
    tag,
    summary: 'Read a cluster with its nodes as they are now',
    answer: clusterAnswer,
    errors: ['cluster-not-found'],
  })
  get(@Param('cluster') cluster: string) {
    return this.clusters.get(cluster);
  }
}
