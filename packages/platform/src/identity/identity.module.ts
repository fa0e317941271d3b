import { Global, Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { Authenticator } from '../kernel/access/authenticator.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { AccessTokens } from './access-tokens.service.js';
import { BackchannelLogoutDoor } from './backchannel-logout.door.js';
import { BootstrapService } from './bootstrap.service.js';
import { CredentialCache } from './credential-cache.service.js';
import { GroupMemberships } from './group-memberships.service.js';
import { GroupsController } from './groups.controller.js';
import { GroupsService } from './groups.service.js';
import { IdentityAuthenticator } from './identity-authenticator.service.js';
import { ImpersonationController } from './impersonation.controller.js';
import { Impersonations } from './impersonation.service.js';
import { ImpersonationNews } from './impersonation-news.service.js';
import { IssuerDoor } from './issuer/issuer.door.js';
import { IssuerLogin } from './issuer/issuer-login.service.js';
import { IssuerKeys } from './issuer-keys.service.js';
import { LogoutTokens } from './logout-tokens.service.js';
import { MeController } from './me.controller.js';
import { MeService } from './me.service.js';
import { Passwords } from './passwords.service.js';
import { RobotAccounts } from './robot-accounts.service.js';
import { RobotsController } from './robots.controller.js';
import { RobotsService } from './robots.service.js';
import { ScimDoor } from './scim/scim.door.js';
import { ScimGroups } from './scim/scim-groups.service.js';
import { ScimTokensController } from './scim/scim-tokens.controller.js';
import { ScimTokens } from './scim/scim-tokens.service.js';
import { ScimUsers } from './scim/scim-users.service.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondFactors } from './second-factor.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { SettingsController } from './settings.controller.js';
import { IdentitySettings } from './settings.service.js';
import { SignIn } from './sign-in.service.js';
import { TokensController } from './tokens.controller.js';
import { PersonalTokens } from './tokens.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

/** Global, because the kernel's guard asks its `Authenticator`. */
@Global()
@Module({
  imports: [AccessModule, AuditModule, NotificationsModule],
  controllers: [
    GroupsController,
    ImpersonationController,
    MeController,
    RobotsController,
    ScimTokensController,
    SecondFactorController,
    SessionsController,
    SettingsController,
    TokensController,
    UsersController,
  ],
  providers: [
    AccessTokens,
    BackchannelLogoutDoor,
    BootstrapService,
    CredentialCache,
    GroupMemberships,
    GroupsService,
    IdentitySettings,
    ImpersonationNews,
    Impersonations,
    IssuerDoor,
    IssuerKeys,
    IssuerLogin,
    LogoutTokens,
    MeService,
    Passwords,
    PersonalTokens,
    RobotAccounts,
    RobotsService,
    ScimDoor,
    ScimGroups,
    ScimTokens,
    ScimUsers,
    SecondFactors,
    SessionsService,
    SignIn,
    UsersService,
    { provide: Authenticator, useClass: IdentityAuthenticator },
  ],
  exports: [Authenticator, BootstrapService, ImpersonationNews, RobotsService, UsersService],
})
export class IdentityModule {}
