"""Public images without CUDA in them: services and tools that stand beside a GPU workload in compose files and scripts,
and bases of Python and conda. Without these names a stack with a redis in it could never be judged as a whole.

Sources: https://github.com/docker-library/official-images/tree/master/library for names without an owner; the owner's own
page on Docker Hub or quay.io for the others.
"""

from __future__ import annotations

_OFFICIAL = frozenset(
    "adminer amazoncorretto arangodb bash caddy cassandra chronograf clojure couchbase couchdb docker dart drupal eclipse-mosquitto"
    " eclipse-temurin elasticsearch elixir emqx erlang flink fluentd gcc ghost golang gradle groovy haproxy haskell"
    " hello-world httpd influxdb jetty joomla julia kapacitor kibana kong logstash mariadb maven mediawiki memcached mongo"
    " mongo-express mysql nats neo4j nextcloud nginx node odoo openjdk percona perl php postgres rabbitmq r-base redis"
    " phpmyadmin redmine registry rethinkdb rust ruby sapmachine solr sonarqube storm swift swipl telegraf tomcat traefik varnish"
    " wordpress yourls znc zookeeper".split()
)
_OWNED = frozenset(
    "alpine/git apache/airflow apache/superset aquasec/trivy axllent/mailpit certbot/certbot containrrr/watchtower"
    " dpage/pgadmin4 getmeili/meilisearch gitlab/gitlab-ce gitlab/gitlab-runner jenkins/jenkins jwilder/nginx-proxy"
    " langfuse/langfuse mailhog/mailhog metabase/metabase milvusdb/milvus n8nio/n8n nginxproxy/nginx-proxy"
    " phpmyadmin/phpmyadmin portainer/portainer provectuslabs/kafka-ui qdrant/qdrant quay.io/coreos/etcd"
    " multiarch/qemu-user-static oven/bun quay.io/keycloak/keycloak rediscommander/redis-commander sonatype/nexus3"
    " squidfunk/mkdocs-material tonistiigi/binfmt wurstmeister/kafka"
    " amazon/aws-cli apache/kafka bitnami/kafka bitnami/minio bitnami/postgresql bitnami/redis bitnami/zookeeper"
    " bufbuild/buf chromadb/chroma clickhouse/clickhouse-server confluentinc/cp-kafka condaforge/mambaforge"
    " condaforge/miniforge3 continuumio/miniconda3 curlimages/curl envoyproxy/envoy google/cadvisor gcr.io/cadvisor/cadvisor"
    " ghcr.io/astral-sh/ruff ghcr.io/astral-sh/uv grafana/grafana grafana/grafana-oss grafana/loki grafana/promtail"
    " grafana/tempo hadolint/hadolint ghcr.io/hadolint/hadolint hashicorp/consul hashicorp/terraform hashicorp/vault"
    " jaegertracing/all-in-one koalaman/shellcheck mcr.microsoft.com/playwright minio/mc minio/minio mlflow/mlflow"
    " ghcr.io/mlflow/mlflow nginxinc/nginx-unprivileged oliver006/redis_exporter opensearchproject/opensearch"
    " otel/opentelemetry-collector otel/opentelemetry-collector-contrib pgvector/pgvector portainer/portainer-ce"
    " postgis/postgis prom/alertmanager prom/node-exporter prom/prometheus prom/pushgateway quay.io/prometheus/node-exporter"
    " quay.io/prometheus/prometheus redis/redis-stack redis/redis-stack-server semitechnologies/weaviate"
    " cr.weaviate.io/semitechnologies/weaviate timescale/timescaledb valkey/valkey vectorim/element-web".split()
)


def holds_no_gpu_software(repository: str, tag: str) -> bool:
    """Some have tags with CUDA, micromamba and vector databases among them; their other tags have none."""
    if "cuda" in tag or "gpu" in tag:
        return False
    return repository == "mambaorg/micromamba" or repository in _OFFICIAL or repository in _OWNED


def is_official(repository: str) -> bool:
    """One of Docker's own images, whose names have no owner: "redis" names what Docker Hub serves, whatever its tag."""
    return repository in _OFFICIAL
