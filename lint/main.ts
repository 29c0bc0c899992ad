// The program that buf starts, through plugin.sh.

import { plugin } from "./plugin.js";
import { runPlugin } from "./pluginrpc/server.js";

void runPlugin(plugin);
