import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { BindingsRepository } from './bindings.repository.js';
import { ExplainController } from './explain.controller.js';
import { ExplainService } from './explain.service.js';
import { MemberRecords } from './member-records.service.js';
import { MembersController } from './members.controller.js';
import { MembersService } from './members.service.js';
import { MyAccessService } from './my-access.service.js';
import { PlatformAdministrators } from './platform-administrators.service.js';
import { PlatformMembersController } from './platform-members.controller.js';
import { ProjectMembersController } from './project-members.controller.js';
import { RolesController } from './roles.controller.js';
import { RolesRepository } from './roles.repository.js';
import { RolesService } from './roles.service.js';

@Module({
  imports: [AuditModule, ProjectsModule],
  controllers: [
    ExplainController,
    MembersController,
    PlatformMembersController,
    ProjectMembersController,
    RolesController,
  ],
  providers: [
    BindingsRepository,
    ExplainService,
    MemberRecords,
    MembersService,
    MyAccessService,
    PlatformAdministrators,
    RolesRepository,
    RolesService,
  ],
  exports: [MembersService, MyAccessService, PlatformAdministrators],
})
export class AccessModule {}
