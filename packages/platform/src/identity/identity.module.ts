import { Global, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Authenticator } from '../kernel/access/authenticator.js';
import { AccessTokens } from './access-tokens.service.js';
import { BootstrapService } from './bootstrap.service.js';
import { IdentityAuthenticator } from './identity-authenticator.service.js';
import { IssuerDoor } from './issuer/issuer.door.js';
import { MeController } from './me.controller.js';
import { MeService } from './me.service.js';
import { RobotsService } from './robots.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

/** Global, because the kernel's guard asks its `Authenticator`. */
@Global()
@Module({
  imports: [AuditModule],
  controllers: [MeController, UsersController],
  providers: [
    AccessTokens,
    BootstrapService,
    IssuerDoor,
    MeService,
    RobotsService,
    UsersService,
    { provide: Authenticator, useClass: IdentityAuthenticator },
  ],
  exports: [Authenticator, BootstrapService, RobotsService, UsersService],
})
export class IdentityModule {}
