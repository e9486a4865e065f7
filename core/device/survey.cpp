#include "core/device/survey.hpp"

#include <exception>
#include <utility>

#include "core/base/log.hpp"
#include "core/device/system.hpp"

namespace forge::device {
namespace {

void take_survey(const SurveyOptions& options, Survey& survey) {
  const KernelFiles files(options.root);
  survey.cpu = survey_cpu(files, options.cpuid ? *options.cpuid : read_cpuid(),
                          options.affinity ? *options.affinity : current_affinity());
  GpuSurvey gpus = survey_gpus(files, options.may_open);
  survey.gpus = std::move(gpus.gpus);
  survey.findings = std::move(gpus.findings);
  survey.rocm = rocm_version(files);
}

void log_survey(const Survey& survey) {
  spdlog::logger& log = log::get("device");
  log.debug("cpu: {}, {}, {} cores, {} threads", survey.cpu.name, survey.cpu.processor(),
            survey.cpu.cores, survey.cpu.threads);
  for (const Gpu& gpu : survey.gpus) {
    log.debug("gpu {}: {}, {}, {}", gpu.pci_id, gpu.name, gpu.gfx, kind_name(gpu.kind));
  }
  for (const Finding& finding : survey.findings) {
    log.debug("{}: {}", finding.subject, finding.text);
  }
}

}  // namespace

Survey survey(const SurveyOptions& options) {
  Survey survey;
  try {
    take_survey(options, survey);
    log_survey(survey);
  } catch (const std::exception& error) {  // out of memory; what was found so far is still true
    log::get("device").error("the survey of devices stopped early: {}", error.what());
  }
  return survey;
}

}  // namespace forge::device
