# 暖新 Nuanxin. `make run` needs Python 3.11+ and make, nothing else; `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# What is installed is remembered by the content of the lock files, not by their dates.
SUM = $(shell cksum < $(1) | cut -d ' ' -f 1)
RUNTIME := .venv/.runtime-$(call SUM,requirements/runtime.txt)-$(call SUM,pyproject.toml)
DEVELOPMENT := .venv/.development-$(call SUM,requirements/dev.txt)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# The lock files name every package and its hash: nothing is left to resolve.
LOCKED := $(PIP) --require-hashes --no-deps

# Compiled files are kept: without them every start compiles a thousand modules again.
unexport PYTHONDONTWRITEBYTECODE
# Importing everything once compiles what is used, and only that.
WARM := import django; django.setup(); import config.urls, config.wsgi, config.worker

.DEFAULT_GOAL := help
.PHONY: help install install-dev run demo test test-fast check format bench bench-figures bench-eligibility bench-rulings bench-can-get bench-rush bench-stations screenshots lock clean-data

help: ## 列出这些命令
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

install: $(RUNTIME) ## 准备运行环境（.venv 和锁定的依赖）

$(RUNTIME):
	@PYTHON="$(PYTHON)" requirements/make_venv.sh
	@echo "正在安装依赖，第一次大约需要半分钟……"
	@$(LOCKED) -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@folder=$$(mktemp -d) && NUANXIN_DATA=$$folder DJANGO_SETTINGS_MODULE=config.settings \
	  $(BIN)/python -W ignore -c '$(WARM)'; rm -rf $$folder
	@rm -f .venv/.runtime-*
	@touch $@

install-dev: $(DEVELOPMENT) ## 另外安装测试和检查用的工具

$(DEVELOPMENT): $(RUNTIME)
	@echo "正在安装测试和检查用的工具……"
	@$(LOCKED) -r requirements/dev.txt
	@rm -f .venv/.development-*
	@touch $@

run: install ## 启动：http://127.0.0.1:$(PORT)，第一次会装入演示数据
	@exec $(BIN)/nuanxin up --port $(PORT)

demo: install ## 装入演示数据：make demo SCALE=county SEED=1
	@$(BIN)/nuanxin demo --scale $(or $(SCALE),small) --seed $(or $(SEED),1)

test: install-dev ## 全部测试（两个进程，随机顺序）
	$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

test-fast: install-dev ## 只跑快的测试
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not process and not browser" $(TESTS)

check: install-dev ## 格式、类型、分层、模板、迁移
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy config nuanxin
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates nuanxin
	$(BIN)/python -W ignore manage.py makemigrations --check --dry-run

format: install-dev ## 按约定整理代码格式
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev ## 测速，打印对比表
	$(BIN)/python -m bench

ROWS ?= 10000,1175000,11750000
bench-figures: install-dev ## 数读测速到 1,175 万会员（半小时；ROWS=10000,1175000 快些）
	$(BIN)/python -m bench.figures_page --rows $(ROWS)
	$(BIN)/python -m bench.recount --rows 10000,1175000
	$(BIN)/python -m bench.publication --rows 1175000

bench-can-get: install-dev ## 我能领测速：一个人、全部在报名的项目，每条都说清（到 117.5 万会员）
	$(BIN)/python -m bench.can_get --full

bench-rush: install-dev ## 抢名额：5,000 人、200 个名额，经过真的网页服务
	$(BIN)/python -m bench.rush_http

SERVER ?=
bench-stations: install-dev ## 最近驿站测速：1.2 万到 120 万个（SERVER=装有 PostGIS 的数据库地址，可不给）
	$(BIN)/python -m bench.stations $(if $(SERVER),--server $(SERVER))

OPENFISCA ?=
bench-eligibility: install-dev ## 条件测速：20 条规则 × 117.5 万人（OPENFISCA=装有 openfisca-core 的 python，可不给）
	$(BIN)/python -m bench.eligibility --full $(if $(OPENFISCA),--openfisca $(OPENFISCA))

bench-rulings: install-dev ## 夜里比对测速：全部条件 × 117.5 万人，全部、变了 1 % 之后、找人（十来分钟）
	$(BIN)/python -m bench.rulings --rows 10000,1175000

screenshots: install-dev ## 用浏览器重拍手册里的图
	NUANXIN_SCREENSHOTS=1 $(BIN)/python -m pytest -m browser -p no:randomly $(TESTS)

lock: install-dev ## 重新锁定依赖（需要 uv）
	cd requirements && for name in runtime dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	    --no-header --no-annotate $$name.in -o $$name.txt || exit 1; done

clean-data: ## 删除数据文件夹（数据库、钥匙、演示数据）
	@$(BIN)/nuanxin database stop
	rm -rf "$${NUANXIN_DATA:-data}"
