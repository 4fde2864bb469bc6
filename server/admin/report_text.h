// The texts of the four-letter words, byte for byte the reference's (admin spec 1.4). Pure, any
// thread.
#pragma once

#include <string>

#include "server/admin/reports.h"

namespace okapi {

std::string srvr_text(const ServerReport& server);
std::string stat_text(const ServerReport& server, const std::vector<ClientReport>& clients);
std::string conf_text(const ConfReport& conf);
std::string cons_text(const std::vector<ClientReport>& clients);
std::string dirs_text(const ConfReport& conf);
std::string dump_text(const SessionReport& sessions, const TimeZone& zone);
std::string wchs_text(const WatchReport& watches);
std::string envi_text(const EnvironmentReport& environment);
// Its lines as key and value; also for the log at the start.
std::vector<std::pair<std::string_view, std::string>> environment_lines(
    const EnvironmentReport& environment);
std::string mntr_text(const ServerReport& server, const MetricLines& metrics);

// " /1.2.3.4:5[1](queued=0,…": one connection without line end; `brief` ends after the counts.
std::string client_text(const ClientReport& client, bool brief);

// "0" or "0.0": a metric's value.
std::string metric_text(const MetricValue& value);

}  // namespace okapi
