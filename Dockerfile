# The app on the Azure Functions host, for Functions on Container Apps or anywhere else.
# docs/deployment.md says how it is built and run.

ARG BASE=mcr.microsoft.com/azure-functions/python:4-python3.13

FROM ${BASE} AS packages
RUN python3 -m pip install --no-cache-dir --root-user-action=ignore uv==0.13.9
COPY requirements.txt /build/requirements.txt
# Compiled, because the app's user may not write beside the packages.
RUN uv pip install --no-cache --require-hashes --only-binary :all: --compile-bytecode \
      --python python3 --target /build/packages -r /build/requirements.txt

FROM ${BASE}
RUN groupadd --gid 10001 app \
 && useradd --uid 10001 --gid app --no-create-home --home-dir /home/app --shell /usr/sbin/nologin app \
 && install --directory --owner=app --group=app /home/app /azure-functions-host/Secrets

# Outside App Service the worker does not look into .python_packages: PYTHONPATH below names it.
COPY --from=packages /build/packages /home/site/wwwroot/.python_packages/lib/site-packages
COPY . /home/site/wwwroot
RUN rm /home/site/wwwroot/requirements.txt

# OPENFACE_HOME=/openface with your own OpenFace mounted there, where its licence lets you.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    ASPNETCORE_URLS=http://+:8080 \
    HOME=/home/app \
    PYTHONPATH=/home/site/wwwroot/.python_packages/lib/site-packages \
    PYTHONDONTWRITEBYTECODE=1

USER app
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/api/health/live', timeout=4)"]
# The host itself: the base image's start script expects root and port 80.
CMD ["/azure-functions-host/Microsoft.Azure.WebJobs.Script.WebHost"]
