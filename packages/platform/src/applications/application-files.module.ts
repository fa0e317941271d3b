import { Module } from '@nestjs/common';
import { ApplicationFiles } from './application-files.service.js';

/** Apart from `ApplicationsModule`, which needs projects, so that projects and tenants can remove what theirs had. */
@Module({ providers: [ApplicationFiles], exports: [ApplicationFiles] })
export class ApplicationFilesModule {}
