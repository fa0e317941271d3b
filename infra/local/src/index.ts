export { type Config, loadConfig } from './config.js';
export { askSupervisor, type SupervisorStatus } from './control.js';
export { findProcessMemory, listFamily } from './memory.js';
