import { Module } from '@nestjs/common';
import { ImageRemoval } from './image-removal.service.js';

/** Apart from `RepositoriesModule`, which needs applications, so that projects and tenants can remove what theirs had. */
@Module({ providers: [ImageRemoval], exports: [ImageRemoval] })
export class ImageRemovalModule {}
